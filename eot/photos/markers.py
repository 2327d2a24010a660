"""Finds the fiducial markers of a printed sheet in a photograph.

Detection by OpenCV's ArUco (Garrido-Jurado et al. 2014), corners by our own edge fit (`edges`), which is
about ten times as accurate as its sub-pixel corners.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from eot.photos.edges import refined
from eot.photos.likeness import recognised
from textures.sheets.fiducials import dictionary

# Photos are searched reduced to this many pixels along a side first; only the corners need every pixel.
COARSE_PX = 1000
SCALES = (0.125, 0.25, 0.5, 1.0, 2.0)
# How many levels darker than its neighbourhood a pixel has to be. The small step finds markers in the shade,
# and noise: it is three times the work, so a whole photo is searched with the large one first.
STEP, SMALL_STEP = 10, 5
# From this side on in the picture that is searched a marker is told so well that no finer search is needed.
CLEAR_SIDE_PX = 16
# At smaller scales there are more squares that are like a marker than it is worth to look at.
LIKELY = 0.5
# How far apart the markers of one sheet lie at most, in sides of its markers, and how unlike their sides are.
SPAN = 12.0
UNLIKE = 2.0
# Smallest side of a marker, in pixels, that is looked for.
MIN_SIDE_PX = 10
# OpenCV counts pixels by their centres.
CENTRE = 0.5


@dataclass(frozen=True, eq=False)
class Marker:
    """One marker in a photo: corners clockwise from its own top left, pixel-edge coordinates."""

    id: int
    corners_px: Float[np.ndarray, "4 2"]

    @property
    def side_px(self) -> float:
        """The shorter of its two extents, across the middle: what limits reading its bits."""
        top, right, bottom, left = self.corners_px
        across = np.linalg.norm(right + bottom - top - left) / 2
        down = np.linalg.norm(bottom + left - top - right) / 2
        return float(min(across, down))


def find_markers(grey: UInt8[np.ndarray, "h w"], sheets: Sequence[frozenset[int]] = ()) -> list[Marker]:
    """All markers in a grey photo, by id, then by place.

    It is searched from coarse to fine, until all markers of one of the `sheets` are seen well; around what
    was found, once two of a sheet were; enlarged at last, around whatever looks like one of them. Two
    markers of one id are both returned: what that means is for the caller.
    """
    searches = [(scale, step) for scale in SCALES for step in (STEP, SMALL_STEP) if _worth(scale, step, grey)]
    known = frozenset().union(*sheets)
    found: list[Marker] = []
    window = (0, 0, grey.shape[1], grey.shape[0])
    for scale, step in searches:
        seen = [marker for marker in found if marker.id in known]
        if scale > 1 and known and not seen:
            break  # to enlarge a whole photo is dear, and finds next to nothing
        # One alone can be clutter, and must not lead the search at full size away from the sheet.
        together = _together(seen, sheets)
        if together or (seen and scale > 1):
            window = _around(together or seen, grey.shape)
        found = _distinct([*_searched(grey, window, scale, step, known), *found])
        if _all_clear(found, sheets, scale):
            break
    corners = np.array([marker.corners_px for marker in found]).reshape(-1, 4, 2)
    fine = refined(grey, corners)
    markers = [Marker(marker.id, each) for marker, each in zip(found, fine, strict=True)]
    return sorted(markers, key=lambda marker: (marker.id, *marker.corners_px[0].tolist()))


def _worth(scale: float, step: int, grey: UInt8[np.ndarray, "h w"]) -> bool:
    """Whether to search with this step at this scale: reduced only the large, enlarged only the small.

    And only where a marker fits in: of a very narrow picture reduction would leave nothing.
    """
    if min(grey.shape) * scale < MIN_SIDE_PX:
        return False
    coarsest = min(1.0, COARSE_PX / max(grey.shape))
    return scale >= coarsest and (scale == 1 or (step == STEP) == (scale < 1))


def _together(seen: Sequence[Marker], sheets: Sequence[frozenset[int]]) -> list[Marker]:
    """The markers beside another one of their sheet, of about their size: the rest may be clutter."""

    def beside(one: Marker, other: Marker) -> bool:
        apart = float(np.linalg.norm(one.corners_px.mean(0) - other.corners_px.mean(0)))
        low, high = sorted((one.side_px, other.side_px))
        ids = {one.id, other.id}
        return (
            len(ids) > 1
            and any(ids <= sheet for sheet in sheets)
            and high <= UNLIKE * low
            and apart <= 2 * SPAN * low
        )

    return [marker for marker in seen if any(beside(marker, other) for other in seen)]


def _all_clear(found: Sequence[Marker], sheets: Sequence[frozenset[int]], scale: float) -> bool:
    """Whether a sheet is seen completely and well enough in the picture that was searched."""
    clear = {marker.id for marker in found if marker.side_px * scale >= CLEAR_SIDE_PX}
    return any(sheet <= clear for sheet in sheets)


def _around(found: Sequence[Marker], shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of where the other markers of their sheets can be."""
    corners = np.concatenate([marker.corners_px for marker in found])
    reach = SPAN * max(float(np.ptp(marker.corners_px, axis=0).max()) for marker in found)
    low = np.floor(corners.min(0) - reach).astype(int).clip(0)
    high = np.ceil(corners.max(0) + reach).astype(int).clip(max=(shape[1], shape[0]))
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])


def _distinct(found: Sequence[Marker]) -> list[Marker]:
    """Of markers of one id in one place the first, which is from the finer search."""
    kept: list[Marker] = []
    for marker in found:
        centre = marker.corners_px.mean(0)
        near = (
            np.linalg.norm(k.corners_px.mean(0) - centre) < k.side_px / 2 for k in kept if k.id == marker.id
        )
        if not any(near):
            kept.append(marker)
    return kept


def _searched(
    grey: UInt8[np.ndarray, "h w"],
    window: tuple[int, int, int, int],
    scale: float,
    step: int,
    known: frozenset[int],
) -> list[Marker]:
    """The markers in a part of the photo at another scale, with OpenCV's own corners, in pixels of the photo.

    Those that OpenCV reads, and among the squares that it cannot read those that look like a `known` one.
    """
    left, top, right, bottom = window
    part = grey[top:bottom, left:right]
    if scale != 1:
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        part = cv2.resize(part, None, fx=scale, fy=scale, interpolation=how)
    corners, ids, rejected = _detector(max(part.shape), scale, step).detectMarkers(part)
    numbers = [] if ids is None else ids.ravel().tolist()
    markers = [Marker(int(number), quad[0] + CENTRE) for number, quad in zip(numbers, corners, strict=True)]
    doubtful = rejected if scale >= LIKELY else ()
    squares = (recognised(part, quad[0].astype(np.float64) + CENTRE, known) for quad in doubtful)
    # the most alike first: of two squares around one marker that is the right one
    likely = sorted((square for square in squares if square is not None), key=lambda square: -square[2])
    markers += [Marker(number, quad) for number, quad, _ in likely]
    place = np.array([left, top])
    return [Marker(m.id, m.corners_px.astype(np.float64) / scale + place) for m in markers]


def _detector(longer_px: int, scale: float, step: int) -> cv2.aruco.ArucoDetector:
    parameters = cv2.aruco.DetectorParameters()
    parameters.minMarkerPerimeterRate = 4 * MIN_SIDE_PX * max(scale, 1) / longer_px
    # One size of neighbourhood at several scales of the photo instead of several sizes at one.
    parameters.adaptiveThreshWinSizeMin = parameters.adaptiveThreshWinSizeMax = 13
    parameters.adaptiveThreshConstant = step
    # Small and slanted markers: more samples per cell, and the full correction that the code allows. What
    # it lets through by chance does not agree with the other markers of its sheet.
    parameters.perspectiveRemovePixelPerCell = 8
    parameters.errorCorrectionRate = 1.0
    parameters.polygonalApproxAccuracyRate = 0.05
    return cv2.aruco.ArucoDetector(dictionary(), parameters)
