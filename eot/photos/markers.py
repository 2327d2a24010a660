"""Finds the fiducial markers of a printed sheet in a photograph.

Detection by OpenCV's ArUco (Garrido-Jurado et al. 2014), corners by our own edge fit (`edges`), which is
about ten times as accurate as its sub-pixel corners.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from eot.photos.edges import refined

# Photos with more pixels along a side are searched at half size first; only the corners need every pixel.
COARSE_PX = 2000
# From this side on the bits of a marker are safe to read at half size.
CLEAR_SIDE_PX = 32
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

    A large photo is searched at half size first, which is enough where all markers of one of the `sheets`
    are seen well. Two markers of one id are both returned: what that means is for the caller to say.
    """
    found: list[Marker] = []
    if max(grey.shape) > COARSE_PX:
        half = cv2.resize(grey, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        clear = [marker for marker in _detected(half, 2.0) if marker.side_px >= CLEAR_SIDE_PX]
        ids = {marker.id for marker in clear}
        found = clear if any(sheet <= ids for sheet in sheets) else []
    found = found or _detected(grey, 1.0)
    corners = np.array([marker.corners_px for marker in found]).reshape(-1, 4, 2)
    fine = refined(grey, corners)
    markers = [Marker(marker.id, each) for marker, each in zip(found, fine, strict=True)]
    return sorted(markers, key=lambda marker: (marker.id, *marker.corners_px[0].tolist()))


def _detected(grey: UInt8[np.ndarray, "h w"], scale: float) -> list[Marker]:
    """The markers with OpenCV's own corners, in pixels of an image `scale` times as large."""
    corners, ids, _ = _detector(4 * MIN_SIDE_PX / scale / max(grey.shape)).detectMarkers(grey)
    if ids is None:
        return []
    return [
        Marker(int(number), (quad[0].astype(np.float64) + CENTRE) * scale)
        for number, quad in zip(ids.ravel(), corners, strict=True)
    ]


def _detector(perimeter_rate: float) -> cv2.aruco.ArucoDetector:
    parameters = cv2.aruco.DetectorParameters()
    parameters.minMarkerPerimeterRate = perimeter_rate
    # Small and slanted markers: more samples per cell, and the full correction that the code allows. What
    # it lets through by chance does not agree with the other markers of its sheet.
    parameters.perspectiveRemovePixelPerCell = 8
    parameters.errorCorrectionRate = 1.0
    parameters.polygonalApproxAccuracyRate = 0.05
    return cv2.aruco.ArucoDetector(_dictionary(), parameters)


@functools.cache
def _dictionary() -> cv2.aruco.Dictionary:
    return cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_ARUCO_MIP_36h12)
