"""Tells which of a few known markers a square in a photo is, where blur hides single bits.

OpenCV reads bit by bit and gives up where a lens has mixed neighbouring cells. Of the four or eight markers
that a run has, the cells as a whole still tell one from the other: they are compared by correlation, which
knows no threshold and no exposure (template matching, e.g. Lewis 1995).
"""

import functools
from collections.abc import Iterable

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from textures.sheets.fiducials import CELLS, bits_of

# Clutter seldom correlates more than 0.5 with the best of some 32 pictures; blurred markers 0.6 to 0.9.
ALIKE = 0.6
# Samples along the side of a cell.
SAMPLES = 4

Cells = Float[np.ndarray, "8 8"]


def recognised(
    grey: UInt8[np.ndarray, "h w"], quad_px: Float[np.ndarray, "4 2"], numbers: Iterable[int]
) -> tuple[int, Float[np.ndarray, "4 2"], float] | None:
    """Number, corners from the marker's own top left, and correlation; None where it is like none of them.

    The corners of the quad run clockwise, pixel-edge coordinates.
    """
    seen = _standard(_cells(grey, quad_px))
    alike = [
        (float((seen * picture).sum()), number, turn)
        for number in numbers
        for turn, picture in enumerate(_pictures(number))
    ]
    best, number, turn = max(alike, default=(0.0, -1, 0))
    return (number, np.roll(quad_px, -turn, 0), best) if best >= ALIKE else None


@functools.cache
def _pictures(number: int) -> tuple[Cells, ...]:
    """The marker, turned clockwise by 0 to 3 quarters."""
    cells = bits_of(number).astype(np.float64)
    return tuple(_standard(np.rot90(cells, -turn)) for turn in range(4))


def _standard(cells: Cells) -> Cells:
    """Mean 0, length 1: the product of two such is their correlation."""
    centred = cells - cells.mean()
    return centred / max(float(np.linalg.norm(centred)), 1e-9)


def _cells(grey: UInt8[np.ndarray, "h w"], quad_px: Float[np.ndarray, "4 2"]) -> Cells:
    """The mean level of each cell inside a quad."""
    side = CELLS * SAMPLES
    square = np.array([[0, 0], [side, 0], [side, side], [0, side]])
    # OpenCV counts pixels by their centres.
    to_square = cv2.getPerspectiveTransform(
        (quad_px - 0.5).astype(np.float32), (square - 0.5).astype(np.float32)
    )
    straight = cv2.warpPerspective(grey, to_square, (side, side), flags=cv2.INTER_LINEAR)
    return straight.reshape(CELLS, SAMPLES, CELLS, SAMPLES).mean((1, 3))
