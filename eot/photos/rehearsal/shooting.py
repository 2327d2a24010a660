"""Photographs of a rehearsal: conditions of the run, seen by the second camera."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from jaxtyping import UInt8

from eot.photos.rehearsal.camera import Exposure, Plane, Stand
from renders.camera import Camera
from renders.conditions import Condition

# The article stays so far inside the frame, as a share of the room beside it.
INSIDE = 0.9
LENS_BLUR_PX = 0.6
LEAST_QUALITY = 60


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
        vignetting=value("vignetting"),
        warmth=value("warmth"),
        contrast=value("contrast"),
        quality=max(LEAST_QUALITY, round(value("jpeg_quality")) or 95),
    )
    return View(number, stand, exposure)


def backdrop(generator: torch.Generator) -> UInt8[np.ndarray, "h w 3"]:
    """A wall with soft patches and straight edges, no two alike."""
    coarse = torch.randint(30, 220, (9, 12, 3), generator=generator).numpy().astype(np.uint8)
    wall = cv2.resize(coarse, (1008, 756), interpolation=cv2.INTER_CUBIC)
    for _ in range(10):
        x, y, w, h = (int(v) for v in torch.randint(0, 756, (4,), generator=generator))
        colour = [int(v) for v in torch.randint(20, 235, (3,), generator=generator)]
        cv2.rectangle(wall, (x, y), (x + w // 3, y + h // 3), colour, -1)
    return wall


def truth_csv(views: Sequence[tuple[str, View]]) -> bytes:
    """Where every photo was taken from, for whoever wants to check it."""
    lines = ["photo,distance_m,yaw_deg,pitch_deg,roll_deg"]
    for name, view in views:
        s = view.stand
        lines.append(f"{name},{s.distance_m:.5f},{s.yaw_deg:.4f},{s.pitch_deg:.4f},{s.roll_deg:.4f}")
    return ("\n".join(lines) + "\n").encode()
