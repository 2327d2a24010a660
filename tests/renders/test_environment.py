"""Environment maps as files: which are found, and what is refused."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from renders.environment import Environments
from renders.errors import InputError


def test_an_empty_map_gives_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "a.hdr").touch()
    with pytest.raises(InputError, match=r"a\.hdr: .* empty"):
        Environments.read(tmp_path)


def test_maps_are_found_whatever_the_case_of_their_suffix(tmp_path: Path) -> None:
    for name in ("b.HDR", "a.hdr"):
        cv2.imwrite(str(tmp_path / "map.hdr"), np.ones((8, 16, 3), np.float32))
        (tmp_path / "map.hdr").rename(tmp_path / name)
    (tmp_path / "notes.txt").touch()
    assert len(Environments.read(tmp_path)) == 2
