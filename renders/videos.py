"""Videos, frame by frame: the one place where video files become pixels, and pixels a video file."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8

from renders.errors import InputError, RunError

VIDEO_SUFFIXES = frozenset({".mp4", ".mov", ".m4v", ".avi", ".mkv", ".webm"})


def video_frames(path: Path, every: int) -> Iterator[tuple[int, UInt8[np.ndarray, "h w 3"]]]:
    """Number and sRGB levels of every `every`-th frame, upright, one in memory at a time.

    Raises InputError where the file holds no frame that can be decoded; a video that is cut off ends early.
    """
    capture = cv2.VideoCapture(str(path))
    capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)
    number = shown = 0
    try:
        while capture.grab():
            if number % every == 0:
                decoded, frame = capture.retrieve()
                if decoded:
                    shown += 1
                    yield number, cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
            number += 1
    finally:
        capture.release()
    if not shown:
        raise InputError(f"{path}: no frame of this video can be decoded: convert it to MP4 (H.264)")


class VideoFile:
    """An MP4 file in the making (VP9, which browsers play): add frames within `with`, then take its `data`.

    Raises RunError where OpenCV was built without that coder.
    """

    def __init__(self, fps: float) -> None:
        self.fps = fps
        self.data = b""

    def __enter__(self) -> "VideoFile":
        self._folder = tempfile.TemporaryDirectory()
        self._path = Path(self._folder.name) / "film.mp4"
        self._writer: cv2.VideoWriter | None = None
        return self

    def add(self, frame: UInt8[np.ndarray, "h w 3"]) -> None:
        """One more frame, sRGB levels; all of one size with even sides."""
        if self._writer is None:
            code, size = cv2.VideoWriter.fourcc(*"vp09"), (frame.shape[1], frame.shape[0])
            self._writer = cv2.VideoWriter(str(self._path), code, self.fps, size)
            if not self._writer.isOpened():
                raise RunError(
                    "expected OpenCV with the VP9 coder; this one has none: pip install opencv-python"
                )
        self._writer.write(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))

    def __exit__(self, *_: object) -> None:
        if self._writer is not None:
            self._writer.release()
            self.data = self._path.read_bytes() if self._path.is_file() else b""
        self._folder.cleanup()
