"""Reads videos frame by frame: the one place where video files of users become pixels."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8

from renders.errors import InputError

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
