"""Where the camera stood: distance and angles of a flat article from points on it.

A plane seen from afar fits two poses, its true one and one tilted the other way. IPPE (Collins & Bartoli
2014) gives both in closed form; both are refined and their errors compared, and where they do not differ by
a factor of two the pose is flagged as ambiguous.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float

from renders.camera import Camera

# Below this ratio of reprojection errors the second pose explains the photo about as well.
AMBIGUOUS = 2.0
# Errors below this many pixels are what corners are good to, not a difference between the poses.
CORNER_PX = 0.03
# Rotations that are closer than this (about radians) are one.
SAME = 1e-3
# Article axes (y up, z towards the viewer) in OpenCV's (y down, z ahead).
FLIP = np.diag([1.0, -1.0, -1.0])

Rotation = Float[np.ndarray, "3 3"]


@dataclass(frozen=True)
class Pose:
    """How an article was seen, in the terms of a Condition.

    Args:
        distance_m: camera to the article's centre, along the line of sight.
        yaw_deg, pitch_deg, roll_deg: turn of the article about the line of sight, as a walk around it with
            the camera always on it would give; the same as in a Condition, where it stands in the middle.
        rms_px: how far the points lie from where this pose puts them. Above a pixel the sheet is not flat.
        ratio: the same error of the other pose over this one's.
    """

    distance_m: float
    yaw_deg: float
    pitch_deg: float
    roll_deg: float
    rms_px: float
    ratio: float

    @property
    def ambiguous(self) -> bool:
        """Whether the other pose cannot be ruled out."""
        return self.ratio < AMBIGUOUS


def pose_of(
    article_m: Float[np.ndarray, "n 3"], image_px: Float[np.ndarray, "n 2"], camera: Camera, k1: float = 0.0
) -> Pose:
    """The pose of at least four points of an article (article space, z = 0) seen at these pixels.

    `k1` is the radial distortion at the half diagonal, as in a Condition.
    """
    rays = _rays(image_px, camera, k1)
    # In its own axes for the article head-on is no turn; in ours half a turn, which has no rotation vector.
    plane = article_m @ FLIP
    _, turns, shifts, _ = cv2.solvePnPGeneric(plane, rays, np.eye(3), None, flags=cv2.SOLVEPNP_IPPE)
    fits = []
    for turn, shift in zip(turns, shifts, strict=True):
        turn, shift = cv2.solvePnPRefineLM(plane, rays, np.eye(3), None, turn, shift)
        seen = cv2.projectPoints(plane, turn, shift, np.eye(3), None)[0][:, 0]
        rms = camera.focal_px * math.sqrt(float(((seen - rays) ** 2).sum(-1).mean()))
        fits.append((rms, turn, shift))
    fits.sort(key=lambda fit: fit[0])
    error, turn, shift = fits[0]
    # Near by there is one pose only, and both starts lead to it.
    others = [fit for fit in fits[1:] if not _same(fit[1], turn)]
    ratio = (others[0][0] + CORNER_PX) / (error + CORNER_PX) if others else math.inf
    rotation = _towards(shift[:, 0]) @ cv2.Rodrigues(turn)[0]
    return Pose(float(np.linalg.norm(shift)), *angles_of(FLIP @ rotation @ FLIP), error, ratio)


def _same(turn: np.ndarray, other: np.ndarray) -> bool:
    """Whether two rotation vectors turn alike."""
    return bool(np.linalg.norm(cv2.Rodrigues(turn)[0] - cv2.Rodrigues(other)[0]) < SAME)


def angles_of(rotation: Rotation) -> tuple[float, float, float]:
    """Yaw, pitch and roll in degrees of a rotation that `renders.geometry.rotation` makes."""
    yaw = math.atan2(rotation[0, 2], rotation[2, 2])
    pitch = math.asin(min(1.0, max(-1.0, rotation[1, 2])))
    roll = math.atan2(rotation[1, 0], rotation[1, 1])
    return math.degrees(yaw), math.degrees(pitch), math.degrees(roll)


def _rays(image_px: Float[np.ndarray, "n 2"], camera: Camera, k1: float) -> Float[np.ndarray, "n 2"]:
    """Pixels on the plane one unit ahead of the camera, lens distortion taken out."""
    centre = np.array([camera.width_px, camera.height_px]) / 2
    diagonal = float(np.linalg.norm(centre))
    seen = (image_px - centre) / diagonal
    straight = seen.copy()
    for _ in range(20):
        straight = seen / (1 + k1 * (straight**2).sum(-1, keepdims=True))
    return straight * diagonal / camera.focal_px


def _towards(shift: Float[np.ndarray, " 3"]) -> Rotation:
    """The smallest rotation of the camera that puts a point ahead of it in the middle."""
    ahead = shift / np.linalg.norm(shift)
    axis = np.cross(ahead, [0.0, 0.0, 1.0])
    sine, cosine = float(np.linalg.norm(axis)), float(ahead[2])
    if sine < 1e-12:
        return np.eye(3)
    return cv2.Rodrigues(axis / sine * math.atan2(sine, cosine))[0]
