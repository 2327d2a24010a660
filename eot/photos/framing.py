"""Which part of a photo the victim gets, cut as the user's own system would cut it."""

from enum import StrEnum

import cv2
import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

# Rows and columns of a picture.
Size = tuple[int, int]


class Cut(StrEnum):
    """CROP: a square around the article, as detectors cut it. CENTRE: the middle square. FRAME: all."""

    CROP = "crop"
    CENTRE = "centre"
    FRAME = "frame"


def square_around(corners_px: Float[np.ndarray, "4 2"], zoom: float) -> tuple[int, int, int]:
    """Left, top and side of the square of `zoom` times the article's box, centred on it."""
    low, high = corners_px.min(0), corners_px.max(0)
    side = max(2, round(float((high - low).max()) * zoom))
    left, top = np.round((low + high) / 2 - side / 2).astype(int)
    return int(left), int(top), side


def cut_out(levels: UInt8[np.ndarray, "h w 3"], left: int, top: int, side: int) -> UInt8[np.ndarray, "s s 3"]:
    """A square of the photo; where it reaches over the edge, the last pixel goes on."""
    height, width = levels.shape[:2]
    columns = np.clip(np.arange(left, left + side), 0, width - 1)
    rows = np.clip(np.arange(top, top + side), 0, height - 1)
    inside = levels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    if inside.shape[:2] == (side, side):
        return inside
    return inside[(rows - rows[0])[:, None], columns - columns[0]]


def presented(
    levels: UInt8[np.ndarray, "h w 3"],
    cut: Cut,
    corners_px: Float[np.ndarray, "4 2"] | None,
    zoom: float,
    output_px: int,
) -> tuple[Float[Tensor, "1 3 i j"], Float[np.ndarray, "4 2"] | None]:
    """What the victim gets of a photo, sRGB in [0, 1], `output_px` along its longer side; the corners there.

    Scaled down by the mean over areas, up between pixels, on the levels of the file as programs do it.
    """
    left = top = 0
    if cut is Cut.CROP:
        assert corners_px is not None
        left, top, side = square_around(corners_px, zoom)
        levels = cut_out(levels, left, top, side)
    elif cut is Cut.CENTRE:
        side = min(levels.shape[:2])
        top, left = (levels.shape[0] - side) // 2, (levels.shape[1] - side) // 2
        levels = levels[top : top + side, left : left + side]
    scale = output_px / max(levels.shape[:2])
    size = max(1, round(levels.shape[1] * scale)), max(1, round(levels.shape[0] * scale))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(levels, size, interpolation=how)
    picture = torch.from_numpy(small).permute(2, 0, 1)[None].float() / 255
    return picture, None if corners_px is None else (corners_px - (left, top)) * scale
