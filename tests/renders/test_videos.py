"""Frames of videos."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from renders.errors import InputError
from renders.videos import video_frames


def film(path: Path, frames: int) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (64, 48))
    for i in range(frames):
        frame = np.zeros((48, 64, 3), np.uint8)
        frame[..., 0] = 20 * i  # blue, since OpenCV writes BGR
        writer.write(frame)
    writer.release()
    return path


def test_every_second_frame_comes_with_its_number_in_rgb(tmp_path: Path) -> None:
    shown = list(video_frames(film(tmp_path / "a.avi", 7), 2))
    assert [number for number, _ in shown] == [0, 2, 4, 6]
    for number, levels in shown:
        assert levels.shape == (48, 64, 3)
        # JPEG leaves a few levels
        assert abs(int(levels[24, 32, 2]) - 20 * number) <= 4 and levels[24, 32, 0] <= 4


def test_what_is_no_video_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"\0" * 100)
    with pytest.raises(InputError, match="no frame of this video"):
        list(video_frames(tmp_path / "a.mp4", 1))
