"""The focal length of the camera: given by the user, measured from the sheets themselves, or read from EXIF.

EXIF rounds the 35 mm equivalent to whole millimetres, which is up to 2 % of the distance, and knows nothing
of a crop or a digital zoom. A few slanted views of a flat sheet of known size tell it to a tenth of a
percent (Zhang 2000), so where they do, they win.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float

from eot.photos.pose import pose_of
from renders.camera import DIAGONAL_35MM, Camera

# The views that a focal length is measured from, and how well they must tell it.
LEAST_VIEWS, LEAST_TILT_DEG = 3, 15.0
GOOD_SHARE = 0.004
# Most views used: more tell nothing new and cost time.
MOST_VIEWS = 40
# From so many views on the bending of straight lines is measured too.
VIEWS_FOR_K1 = 8
# A phone's main camera, as a start for the fit.
START_35MM = 26.0
# Lenses that people have; a fit outside has seen corners that tell nothing.
SHORTEST_35MM, LONGEST_35MM = 8.0, 1200.0
# A measured focal length that is this far from the one in EXIF: the photo was cropped or zoomed.
DISAGREE = 0.06


@dataclass(frozen=True, eq=False)
class Sighting:
    """Points of an article (article space, metres) and where one photo shows them."""

    article_m: Float[np.ndarray, "n 3"]
    image_px: Float[np.ndarray, "n 2"]


@dataclass(frozen=True)
class Lens:
    """A camera, its radial distortion k1 at the half diagonal, and where the focal length comes from.

    `source` is "given", "sheets", "exif" or "none"; with "none" distances mean nothing and are left out.
    """

    camera: Camera
    source: str
    k1: float = 0.0
    note: str = ""


def lens_of(
    size_px: tuple[int, int],
    sightings: Sequence[Sighting],
    exif_35mm: float | None = None,
    given_35mm: float | None = None,
) -> Lens:
    """The lens behind photos of one size (width, height) and one EXIF focal length."""
    if given_35mm:
        return Lens(Camera.from_35mm(given_35mm, *size_px), "given")
    start = Camera.from_35mm(exif_35mm or START_35MM, *size_px)
    measured = _measured(start, sightings)
    if measured is None:
        return Lens(start, "exif") if exif_35mm else Lens(start, "none", note=f"{_few(sightings)}")
    ratio = measured.camera.focal_px / start.focal_px
    if exif_35mm and abs(ratio - 1) > DISAGREE:
        note = f"the sheets say {ratio:.2f} times the focal length in EXIF: cropped, zoomed or another scale"
        return Lens(measured.camera, "sheets", measured.k1, note)
    return measured


def _few(sightings: Sequence[Sighting]) -> str:
    return (
        f"no focal length in EXIF and too few slanted views to measure it ({len(sightings)}, at least "
        f"{LEAST_VIEWS} needed): no distances"
    )


def _measured(start: Camera, sightings: Sequence[Sighting]) -> Lens | None:
    """The focal length that makes all views of the sheets right, or None where they do not tell it."""
    largest = sorted(sightings, key=lambda s: -float(np.ptp(s.image_px, axis=0).min()))
    slanted = [s for s in largest if _tilt_deg(s, start) >= LEAST_TILT_DEG][:MOST_VIEWS]
    if len(slanted) < LEAST_VIEWS:
        return None
    matrix = np.array(
        [[start.focal_px, 0, start.width_px / 2], [0, start.focal_px, start.height_px / 2], [0, 0, 1.0]]
    )
    half_diagonal = float(np.hypot(start.width_px, start.height_px)) / 2
    flags = cv2.CALIB_USE_INTRINSIC_GUESS | cv2.CALIB_FIX_PRINCIPAL_POINT | cv2.CALIB_FIX_ASPECT_RATIO
    flags |= cv2.CALIB_ZERO_TANGENT_DIST | cv2.CALIB_FIX_K2 | cv2.CALIB_FIX_K3
    if len(slanted) < VIEWS_FOR_K1:
        flags |= cv2.CALIB_FIX_K1
    _, fitted, bending, _, _, spread, _, _ = cv2.calibrateCameraExtended(
        [s.article_m.astype(np.float32) for s in slanted],
        [s.image_px.astype(np.float32) for s in slanted],
        (start.width_px, start.height_px),
        matrix,
        np.zeros(5),
        flags=flags,
    )
    focal_px = float(fitted[0, 0])
    if not SHORTEST_35MM <= focal_px / half_diagonal / 2 * DIAGONAL_35MM <= LONGEST_35MM:
        return None
    # At a fixed aspect ratio OpenCV varies f_y and lets f_x follow, so only one of the two has a spread.
    if not 0 < float(spread[:2].max()) <= GOOD_SHARE * focal_px:
        return None
    k1 = float(bending.ravel()[0]) * (half_diagonal / focal_px) ** 2
    return Lens(Camera(focal_px, start.width_px, start.height_px), "sheets", k1)


def _tilt_deg(sighting: Sighting, camera: Camera) -> float:
    pose = pose_of(sighting.article_m, sighting.image_px, camera)
    return float(np.degrees(np.arccos(np.cos(np.radians(pose.yaw_deg)) * np.cos(np.radians(pose.pitch_deg)))))
