"""What a patch step on a real detector costs over the detector's bare forward and backward pass.

`python -m benchmarks.detector_step`: the scene of examples/hide_person.toml, the same views and batch for
both; paired rounds, so that a busy machine slows both alike. Both use the detector as it is loaded.
"""

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch

from eot.loop import gradient
from eot.runs.build import build, frame_of
from eot.runs.config import load_config
from eot.runs.masks import fixed_mask

EXAMPLE = Path(__file__).parents[1] / "examples" / "hide_person.toml"
ROUNDS = 5


def main() -> None:
    """Prints the medians and their ratio for each detector."""
    print("| detector | views | bare forward + backward | patch step with light and sensor | ratio |")
    print("|---|---|---|---|---|")
    for name, side_px in (("yolo_fastest", 320), ("yolox_nano", 416)):
        model = f"python:{EXAMPLE.parent / 'asset_detectors.py'}:{name}"
        config = load_config(EXAMPLE, (f'victims.models=["{model}"]', f"camera.output_px={side_px}"))
        frame = frame_of(config, torch.device("cpu"))
        mask = fixed_mask(config, frame.article)
        assert mask is not None
        attack = build(frame, mask).attack
        condition = attack.train(0)
        with torch.no_grad():
            image = attack.texture().clone()
            photos = attack.problem.photograph(image, condition)[0]
        detector = frame.victims[0][0]

        def bare(photos: torch.Tensor = photos, detector: torch.nn.Module = detector) -> None:
            leaf = photos.clone().requires_grad_()
            detector(leaf).scores.sum().backward()

        def step(image: torch.Tensor = image, attack: object = attack, condition: object = condition) -> None:
            gradient(image, attack.problem, condition)  # type: ignore[attr-defined, arg-type]

        pairs = [(seconds(bare), seconds(step)) for _ in range(ROUNDS)]
        ratio = statistics.median(b / a for a, b in pairs)
        first, second = (1000 * statistics.median(column) for column in zip(*pairs, strict=True))
        print(f"| {name} | {len(condition)} | {first:.0f} ms | {second:.0f} ms | {ratio:.2f} |")


def seconds(work: Callable[[], None]) -> float:
    """CPU time of one call: other processes on the machine do not count."""
    start = time.process_time()
    work()
    return time.process_time() - start


if __name__ == "__main__":
    main()
