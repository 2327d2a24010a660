"""What `eot photos` costs over decoding the photos: `python -m benchmarks.photo_speed RUN_DIR [PHOTOS]`.

RUN_DIR is a run whose prints have a manifest and that was rehearsed: its 12-megapixel photos are linked until
there are PHOTOS of them (200). Decoding is done by one thread, as a loop over the photos does; `eot photos`
looks at as many at once as there are processors. Reported are seconds of wall clock and of processor, their
ratios, and the largest memory.
"""

import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import torch

from eot.commands.photos import Request, photos
from renders.photos import read_photo_file

BAR = 1.6


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Wall-clock and processor seconds."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - processor


def links(run: Path, folder: Path, count: int) -> list[Path]:
    """So many photos in a folder, each of the rehearsal's several times."""
    sources = sorted((run / "rehearsal" / "shots").rglob("*.jpg"))
    made = []
    for i in range(count):
        source = sources[i % len(sources)]
        path = folder / source.parent.name / f"{i:04d}.jpg"
        path.parent.mkdir(exist_ok=True)
        path.symlink_to(source.resolve())
        made.append(path)
    return made


def main(run: Path, count: int) -> None:
    """Measures and prints one line of JSON."""
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as name:
        made = links(run, Path(name), count)
        request = Request(run, (Path(name),), out=Path(name) / "result")
        decode = timed(lambda: [read_photo_file(path).levels.shape for path in made])
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        whole = timed(lambda: list(photos(request, torch.device("cpu"))))
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = {
        "photos": count,
        "decode_s": [round(v, 2) for v in decode],
        "photos_s": [round(v, 2) for v in whole],
        "ratio_wall": round(whole[0] / decode[0], 2),
        "ratio_processor": round(whole[1] / decode[1], 2),
        "bar": BAR,
        "memory_mb": [before // 1024, after // 1024],
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 200)
