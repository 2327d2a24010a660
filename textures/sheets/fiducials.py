"""Fiducial markers: squares that a camera finds again, and where four of them stand around a face or a page.

Coordinates in mm, y down. A marker is 8 x 8 cells: a black rim and 6 x 6 bits (ARUCO_MIP_36h12,
Garrido-Jurado et al. 2016). Around it one cell stays white, or it is not found. Corners run from the top
left clockwise.
"""

import functools
import math
from dataclasses import dataclass

import cv2
import numpy as np
import shapely
from jaxtyping import UInt8

from renders.errors import InputError
from textures.sheets.article import Box
from textures.sheets.layout import BLEED_MM

DICTIONARY = "ARUCO_MIP_36h12"
CELLS = 8
# Markers beside a face: a sixth of its shorter side, in steps of one millimetre a cell.
SHARE, SMALLEST_MM, LARGEST_MM = 0.16, 16.0, 120.0
PAGE_SIDE_MM = 20.0
PER_GROUP, GROUPS = 4, 62


@functools.cache
def dictionary() -> cv2.aruco.Dictionary:
    """The markers, as OpenCV knows them."""
    return cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_ARUCO_MIP_36h12)


def bits_of(number: int) -> UInt8[np.ndarray, "8 8"]:
    """The cells of a marker with its rim, 1 is white."""
    return (cv2.aruco.generateImageMarker(dictionary(), number, CELLS) > 0).astype(np.uint8)


@dataclass(frozen=True)
class Fiducial:
    """A marker whose black square has its top-left corner at (x, y)."""

    number: int
    x_mm: float
    y_mm: float
    side_mm: float

    @property
    def quiet_mm(self) -> float:
        """The white that must stay around it."""
        return self.side_mm / CELLS

    @property
    def box(self) -> Box:
        """The black square."""
        return Box(self.x_mm, self.y_mm, self.side_mm, self.side_mm)

    @property
    def card(self) -> Box:
        """The square with the white around it."""
        return self.box.grown(self.quiet_mm)

    @property
    def corners_mm(self) -> tuple[tuple[float, float], ...]:
        """Top left, top right, bottom right, bottom left."""
        box = self.box
        return (
            (box.x_mm, box.y_mm),
            (box.right_mm, box.y_mm),
            (box.right_mm, box.bottom_mm),
            (box.x_mm, box.bottom_mm),
        )

    @property
    def black(self) -> shapely.MultiPolygon:
        """Its black cells as one shape, so that no viewer shows hairlines between them."""
        cell = self.side_mm / CELLS
        rows, columns = np.nonzero(bits_of(self.number) == 0)
        x, y = self.x_mm + columns * cell, self.y_mm + rows * cell
        joined = shapely.union_all(shapely.box(x, y, x + cell, y + cell), grid_size=1e-6)
        return shapely.MultiPolygon([p for p in shapely.get_parts(joined) if isinstance(p, shapely.Polygon)])


def group_numbers(run_hash: str, group: int) -> tuple[int, int, int, int]:
    """The four marker numbers of a run's `group`-th set of markers.

    Where they start follows from the run: one of 62 places. The five faces of a run take five sets from there
    on, so of two runs 9 in 62 pairs share some, and a photo must not show them together.
    """
    if not 0 <= group < GROUPS:
        raise InputError(f"expected at most {GROUPS} sets of markers; this is number {group + 1}: print less")
    first = int(run_hash[:8] or "0", 16) + group
    a, b, c, d = (PER_GROUP * (first % GROUPS) + i for i in range(PER_GROUP))
    return a, b, c, d


def side_beside(face: Box) -> float:
    """The side of the markers that suit a face, in whole millimetres a cell."""
    wanted = SHARE * min(face.width_mm, face.height_mm)
    return min(max(CELLS * math.floor(wanted / CELLS + 0.5), SMALLEST_MM), LARGEST_MM)


def markers_around(face: Box, numbers: tuple[int, int, int, int], side_mm: float) -> tuple[Fiducial, ...]:
    """Two markers above the face and two below it, flush with its sides and clear of the bleed.

    In the order top left, top right, bottom right, bottom left. Where two do not fit side by side above the
    face, the right ones share the white of the left ones and reach beyond its right edge.
    """
    quiet = side_mm / CELLS
    left, right = face.x_mm + quiet, face.right_mm - quiet - side_mm
    if right - left < side_mm + quiet:
        right = left + side_mm + quiet
    above = face.y_mm - BLEED_MM - quiet - side_mm
    below = face.bottom_mm + BLEED_MM + quiet
    places = ((left, above), (right, above), (right, below), (left, below))
    return tuple(Fiducial(n, x, y, side_mm) for n, (x, y) in zip(numbers, places, strict=True))


def markers_within(
    room: Box, numbers: tuple[int, int, int, int], side_mm: float = PAGE_SIDE_MM
) -> tuple[Fiducial, ...]:
    """Markers in the four corners of a room, whose surroundings are white; the same order."""
    right, bottom = room.right_mm - side_mm, room.bottom_mm - side_mm
    places = ((room.x_mm, room.y_mm), (right, room.y_mm), (right, bottom), (room.x_mm, bottom))
    return tuple(Fiducial(n, x, y, side_mm) for n, (x, y) in zip(numbers, places, strict=True))
