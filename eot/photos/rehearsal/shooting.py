"""Photographs of a rehearsal: conditions of the run, seen by the second camera."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import UInt8

from eot.photos.rehearsal.camera import Exposure, Plane, Stand
from renders.backgrounds import Backgrounds
from renders.camera import Camera
from renders.colour import linear_to_srgb
from renders.conditions import QUANTITIES, Condition

# The article stays so far inside the frame, as a share of the room beside it.
INSIDE = 0.9
LENS_BLUR_PX = 0.6
LEAST_QUALITY = 60
# What the second camera leaves out, and where in its crop an article lies, which is always the middle. The
# light that falls off towards the corners of a photo is none of a crop's, so it is off on both sides.
NOT_TAKEN = (
    "aim_x", "aim_y", "azimuth_deg", "elevation_deg", "focal", "shadow", "sheen", "tint", "vignetting",
    "distortion", "motion_px", "mosaic",
)  # fmt: skip
# Side of the picture behind the article, before it is enlarged to the frame.
WALL_PX = 1024


@dataclass(frozen=True)
class View:
    """One spot and the light there; every arm is photographed from it."""

    number: int
    stand: Stand
    exposure: Exposure


def views_of(condition: Condition, plane: Plane, camera: Camera) -> list[View]:
    """The views of a batch of conditions: pose, place in the frame and exposure. Shadows are left out."""
    return [_view(i, condition[i : i + 1], plane, camera) for i in range(len(condition))]


def _view(number: int, one: Condition, plane: Plane, camera: Camera) -> View:
    def value(name: str) -> float:
        return float(getattr(one, name)[0])

    distance = value("distance_m")
    reach_mm = math.hypot(plane.levels.shape[0], plane.levels.shape[1]) * plane.mm_per_px
    extent_px = reach_mm / 1000 * camera.focal_px / distance
    aim = tuple(
        0.5 + 0.5 * INSIDE * value(name) * max(0.0, 1 - extent_px / side)
        for name, side in (("aim_x", camera.width_px), ("aim_y", camera.height_px))
    )
    angles = (value("yaw_deg"), value("pitch_deg"), value("roll_deg"))
    stand = Stand(distance, *angles, aim=(aim[0], aim[1]))
    gain = min(1.2, (value("sky") + value("sun") / 2) * 2 ** value("exposure_stops"))
    exposure = Exposure(
        gain=max(0.08, gain),
        blur_px=math.hypot(LENS_BLUR_PX, value("defocus_px")),
        shot_noise=value("shot_noise"),
        read_noise=max(0.001, value("read_noise")),
        vignetting=0.0,
        warmth=value("warmth"),
        contrast=value("contrast"),
        quality=max(LEAST_QUALITY, round(value("jpeg_quality")) or 95),
    )
    return View(number, stand, exposure)


def backdrop(generator: torch.Generator) -> UInt8[np.ndarray, "s s 3"]:
    """A street or a room of its own behind the article, fine enough for the frame of a phone."""
    linear = Backgrounds.procedural(generator, 1, WALL_PX).linear[0]
    return (linear_to_srgb(linear) * 255).round().byte().permute(1, 2, 0).numpy()


def as_taken(condition: Condition, views: Sequence[View], zoom: float) -> Condition:
    """The views as the second camera has them, for the training renderer: both then show the same spots.

    The article in the middle of a crop of `zoom` times its box, as `eot photos` cuts it; one even light
    with the gain of the photo; and off, whatever the second camera does not have.
    """
    off = {name: QUANTITIES[name].off for name in NOT_TAKEN}
    constant = {**off, "sun": 0.0, "exposure_stops": 0.0, "zoom": zoom}
    fields = {name: torch.full_like(getattr(condition, name), value) for name, value in constant.items()}
    fields["sky"] = condition.sky.new_tensor([view.exposure.gain for view in views])
    return replace(condition, **fields)


def truth_csv(views: Sequence[tuple[str, View]]) -> bytes:
    """Where every photo was taken from, for whoever wants to check it."""
    lines = ["photo,distance_m,yaw_deg,pitch_deg,roll_deg"]
    for name, view in views:
        s = view.stand
        lines.append(f"{name},{s.distance_m:.5f},{s.yaw_deg:.4f},{s.pitch_deg:.4f},{s.roll_deg:.4f}")
    return ("\n".join(lines) + "\n").encode()
