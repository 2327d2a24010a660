"""From markers to a sheet's place in a photo: which sheet it is, its homography, and what does not agree."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from eot.photos.board import Board
from eot.photos.lens import Sighting
from eot.photos.markers import Marker

# One marker alone gives poses that are 10 times worse; chance finds are rarely two of one sheet in agreement.
LEAST_MARKERS = 2
# A marker whose corners lie farther than this share of its side from the sheet's plane is not on that sheet.
FAR = 0.25


@dataclass(frozen=True, eq=False)
class Placed:
    """A sheet found in a photo.

    Args:
        homography: sheet millimetres to pixels (edge coordinates).
        marker_px: the shortest side of its markers.
        complete: whether all of its markers were found.
    """

    board: Board
    markers: tuple[Marker, ...]
    homography: Float[np.ndarray, "3 3"]
    marker_px: float

    @property
    def complete(self) -> bool:
        """Whether no marker is hidden or cut off."""
        return len(self.markers) == len(self.board.ids)

    @property
    def corners_px(self) -> Float[np.ndarray, "4 2"]:
        """The article's corners in the photo, clockwise from its top left."""
        return mapped(self.homography, self.board.corners_mm)

    @property
    def sighting(self) -> Sighting:
        """All marker corners, in article space and in the photo."""
        plane, seen = _points(self.board, self.markers)
        return Sighting(self.board.in_article(plane), seen)


def place(markers: Sequence[Marker], boards: Sequence[Board]) -> list[Placed]:
    """Every sheet whose markers agree on a plane, in the order of `boards`; one shown twice comes twice."""
    found = []
    for board in boards:
        left = [marker for marker in markers if marker.id in board.ids]
        while (placed := _placed(left, board)) is not None:
            found.append(placed)
            used = {id(marker) for marker in placed.markers}
            left = [marker for marker in left if id(marker) not in used]
    return found


def _placed(markers: Sequence[Marker], board: Board) -> Placed | None:
    """The largest set of markers that agree by a homography; every pair of them is tried as its start."""
    pairs = [(a, b) for i, a in enumerate(markers) for b in markers[i + 1 :] if a.id != b.id]
    sets = [_agreeing(markers, board, pair) for pair in pairs]
    best = max(sets, key=len, default=[])
    # Twice, since a plane through all of them is better than one through two.
    best = _agreeing(markers, board, best)
    homography = _plane(best, board) if len(best) >= LEAST_MARKERS else None
    if homography is None:
        return None
    return Placed(board, tuple(best), homography, min(marker.side_px for marker in best))


def _agreeing(markers: Sequence[Marker], board: Board, some: Sequence[Marker]) -> list[Marker]:
    """The markers that lie where the plane through some of them puts theirs, the nearest of each number."""
    homography = _plane(some, board) if len(some) >= LEAST_MARKERS else None
    if homography is None:
        return []
    nearest: dict[int, tuple[float, Marker]] = {}
    for marker in markers:
        there = mapped(homography, board.markers_mm[marker.id])
        miss = float(np.linalg.norm(there - marker.corners_px, axis=-1).max()) / marker.side_px
        if miss <= FAR and miss < nearest.get(marker.id, (np.inf, marker))[0]:
            nearest[marker.id] = miss, marker
    return [nearest[number][1] for number in sorted(nearest)]


def _plane(markers: Sequence[Marker], board: Board) -> Float[np.ndarray, "3 3"] | None:
    """Sheet millimetres to pixels, through all corners of these markers."""
    points = _points(board, markers)
    return cv2.findHomography(*points, 0)[0]


def mapped(
    homography: Float[np.ndarray, "3 3"], points: Float[np.ndarray, "n 2"]
) -> Float[np.ndarray, "n 2"]:
    """Points through a homography."""
    return cv2.perspectiveTransform(np.asarray(points, np.float64)[None], homography)[0]


def rectified(
    photo: UInt8[np.ndarray, "h w 3"],
    homography: Float[np.ndarray, "3 3"],
    corners_mm: Float[np.ndarray, "4 2"],
    px_per_mm: float,
) -> UInt8[np.ndarray, "v u 3"]:
    """A rectangle of the sheet seen straight on, area-averaged where the photo is finer than asked for."""
    (left, top), (right, bottom) = corners_mm[0], corners_mm[2]
    width, height = round((right - left) * px_per_mm), round((bottom - top) * px_per_mm)
    # Four samples a side for every pixel wanted, then the mean of each block.
    fine = 4
    grid = np.array([[1 / (px_per_mm * fine), 0, left], [0, 1 / (px_per_mm * fine), top], [0, 0, 1.0]])
    centre = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1.0]])
    to_photo = np.linalg.inv(centre) @ homography @ grid @ centre
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    warped = cv2.warpPerspective(photo, to_photo, (width * fine, height * fine), flags=flags)
    return cv2.resize(warped, (width, height), interpolation=cv2.INTER_AREA)


def _points(
    board: Board, markers: Sequence[Marker]
) -> tuple[Float[np.ndarray, "n 2"], Float[np.ndarray, "n 2"]]:
    """All corners of markers, on the sheet and in the photo."""
    plane = np.concatenate([board.markers_mm[marker.id] for marker in markers])
    return plane, np.concatenate([marker.corners_px for marker in markers])
