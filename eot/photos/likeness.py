"""Tells which of a few known markers a square in a photo is, where blur hides single bits.

OpenCV reads bit by bit and gives up where a lens has mixed neighbouring cells. Of the four or eight markers
that a run has, the cells as a whole still tell one from the other: they are compared by correlation, which
knows no threshold and no exposure (template matching, e.g. Lewis 1995).
"""

import functools
from collections.abc import Collection

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from textures.sheets.fiducials import CELLS, bits_of

# Clutter seldom correlates more than 0.5 with the best of some 32 pictures; blurred markers 0.6 to 0.9.
ALIKE = 0.6
# Samples along the side of a cell.
SAMPLES = 4
TURNS = 4

Cells = Float[np.ndarray, "8 8"]


def recognised(
    grey: UInt8[np.ndarray, "h w"], quad_px: Float[np.ndarray, "4 2"], numbers: Collection[int]
) -> tuple[int, Float[np.ndarray, "4 2"], float] | None:
    """Number, corners from the marker's own top left, and correlation; None where it is like none of them.

    The corners of the quad run clockwise, pixel-edge coordinates.
    """
    alike = _pictures(tuple(sorted(numbers))) @ _standard(_cells(grey, quad_px)).ravel()
    best = int(alike.argmax()) if len(alike) else 0
    if not len(alike) or alike[best] < ALIKE:
        return None
    number, turn = sorted(numbers)[best // TURNS], best % TURNS
    return number, np.roll(quad_px, -turn, 0), float(alike[best])


@functools.cache
def _pictures(numbers: tuple[int, ...]) -> Float[np.ndarray, "m 64"]:
    """The cells of these markers, each turned clockwise by 0 to 3 quarters."""
    every = [np.rot90(bits_of(n).astype(np.float64), -turn) for n in numbers for turn in range(TURNS)]
    return np.array([_standard(cells).ravel() for cells in every]).reshape(-1, CELLS * CELLS)


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
