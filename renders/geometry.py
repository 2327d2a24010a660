"""Rotations of the article and homographies of the plane."""

import torch
from jaxtyping import Float
from torch import Tensor

from renders.conditions import Condition


def rotation(condition: Condition) -> Float[Tensor, "k 3 3"]:
    """Article axes to viewer axes (x right, y up, z towards the viewer).

    R_y(yaw) R_x(pitch) R_z(roll) R_x(elevation) R_y(-azimuth). Positive yaw turns the face to the viewer's
    right, positive pitch tilts it up, positive roll is counter-clockwise as seen from the camera. Azimuth and
    elevation say where around a standing object the camera is: at (sin a cos e, sin e, cos a cos e) of it.
    """
    yaw, pitch, roll = (
        torch.deg2rad(angle) for angle in (condition.yaw_deg, -condition.pitch_deg, condition.roll_deg)
    )
    posed = _about(yaw, 1) @ _about(pitch, 0) @ _about(roll, 2)
    if not bool((condition.azimuth_deg != 0).any() or (condition.elevation_deg != 0).any()):
        return posed
    azimuth, elevation = torch.deg2rad(condition.azimuth_deg), torch.deg2rad(condition.elevation_deg)
    return posed @ _about(elevation, 0) @ _about(-azimuth, 1)


def upright(condition: Condition) -> Float[Tensor, "k 3 3"]:
    """World axes (y up) to viewer axes: the elevation and roll of the camera, without its azimuth."""
    roll, elevation = torch.deg2rad(condition.roll_deg), torch.deg2rad(condition.elevation_deg)
    return _about(roll, 2) @ _about(elevation, 0)


def _about(angle: Tensor, axis: int) -> Tensor:
    """Right-handed rotation about one axis."""
    one, zero, c, s = torch.ones_like(angle), torch.zeros_like(angle), angle.cos(), angle.sin()
    rows = {
        0: ([one, zero, zero], [zero, c, -s], [zero, s, c]),
        1: ([c, zero, s], [zero, one, zero], [-s, zero, c]),
        2: ([c, -s, zero], [s, c, zero], [zero, zero, one]),
    }[axis]
    return torch.stack([torch.stack(row, -1) for row in rows], -2)


def to_view(points: Float[Tensor, "*k v 3"], condition: Condition) -> Float[Tensor, "k v 3"]:
    """Points of the article, in metres, in each camera's view space (+X left, +Y up, +Z forward).

    A cloth has points of its own in every view.
    """
    turned = points.to(condition.yaw_deg) @ rotation(condition).mT
    flipped = turned * turned.new_tensor([-1.0, 1.0, -1.0])
    ahead = torch.stack([torch.zeros_like(condition.distance_m)] * 2 + [condition.distance_m], -1)
    return flipped + ahead[:, None]


def homography(corners_px: Float[Tensor, "k 4 2"]) -> Float[Tensor, "k 3 3"]:
    """The projective map from the unit square to four corners.

    Convention: the square's (0,0) (1,0) (1,1) (0,1) go to the corners in this order (top-left, top-right,
    bottom-right, bottom-left, x right and y down). Heckbert 1989, closed form.
    """
    p0, p1, p2, p3 = corners_px.unbind(1)
    s, d1, d2 = p0 - p1 + p2 - p3, p1 - p2, p3 - p2
    determinant = d1[:, 0] * d2[:, 1] - d2[:, 0] * d1[:, 1]
    g = (s[:, 0] * d2[:, 1] - d2[:, 0] * s[:, 1]) / determinant
    h = (d1[:, 0] * s[:, 1] - s[:, 0] * d1[:, 1]) / determinant
    columns = (p1 - p0 + g[:, None] * p1, p3 - p0 + h[:, None] * p3, p0)
    last = torch.stack([g, h, torch.ones_like(g)], -1)
    return torch.cat([torch.stack(columns, -1), last[:, None]], 1)
