"""Views of every sign of the catalogue by this product's renderer: what bundled victims learn from."""

from collections.abc import Collection
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from eot.victims.sign_net import INPUT_PX
from renders.backgrounds import Backgrounds
from renders.camera import Camera
from renders.conditions import Condition, Conditions
from renders.scene import Scene
from renders.surfaces.flat import Flat
from textures.signs import catalogue, face

# The face is drawn at about five texels per pixel of the nearest view: finer detail cannot be seen.
FACE_PX = 256
# The main camera of a phone: 26 mm equivalent, 12 Mpx.
CAMERA = Camera.from_35mm(26.0, 4032, 3024)

# What a phone does to the picture, and the light it is taken in.
SENSOR: dict[str, tuple[float, float]] = {
    "vignetting": (0.0, 0.3),
    "distortion": (-0.05, 0.05),
    "defocus_px": (0.0, 1.5),
    "motion_px": (0.0, 4.0),
    "motion_deg": (-90.0, 90.0),
    "shot_noise": (0.0, 0.05),
    "read_noise": (0.0, 0.02),
    "mosaic": (0.0, 1.0),
    "contrast": (0.0, 0.6),
    "jpeg_quality": (40.0, 98.0),
}
LIGHT: dict[str, tuple[float, float]] = {
    "sky": (0.3, 1.0),
    "sun": (0.0, 0.7),
    "sun_azimuth_deg": (-90.0, 90.0),
    "sun_elevation_deg": (10.0, 80.0),
    "shadow": (0.0, 0.6),
    "shadow_angle_deg": (-180.0, 180.0),
    "shadow_offset": (-1.0, 1.0),
    "sheen": (0.0, 0.3),
    "exposure_stops": (-0.7, 0.5),
    "warmth": (-0.4, 0.4),
    "tint": (-0.1, 0.1),
}


def graded_conditions(backgrounds: Backgrounds) -> Conditions:
    """What accuracy is stated for: 3 to 25 m, yaw ±45°, pitch ±15°, roll ±10°, all light, full sensor."""
    pose = {"distance_m": (3.0, 25.0), "yaw_deg": (-45.0, 45.0), "pitch_deg": (-15.0, 15.0)}
    crop = {"roll_deg": (-10.0, 10.0), "aim_x": (-0.5, 0.5), "aim_y": (-0.5, 0.5), "zoom": (1.2, 1.5)}
    return Conditions(pose | crop | LIGHT | SENSOR | behind(backgrounds))


def training_conditions(backgrounds: Backgrounds) -> Conditions:
    """What is trained on: wider than what is graded, in pose, crop, light and exposure."""
    pose = {"distance_m": (2.0, 30.0), "yaw_deg": (-52.0, 52.0), "pitch_deg": (-20.0, 20.0)}
    crop = {"roll_deg": (-15.0, 15.0), "aim_x": (-1.0, 1.0), "aim_y": (-1.0, 1.0), "zoom": (1.05, 1.7)}
    wider = {
        "exposure_stops": (-1.3, 1.0),
        "warmth": (-0.6, 0.6),
        "sheen": (0.0, 0.5),
        "jpeg_quality": (25.0, 98.0),
    }
    return Conditions(pose | crop | LIGHT | SENSOR | wider | behind(backgrounds))


def behind(backgrounds: Backgrounds) -> dict[str, tuple[float, float]]:
    """Any part of any of the backgrounds."""
    spots = {"background_x": (0.0, 1.0), "background_y": (0.0, 1.0), "background_zoom": (1.0, 4.0)}
    return {"background": (0.0, float(len(backgrounds) - 1))} | spots


def sign_labels() -> tuple[str, ...]:
    """The classes: ids of the catalogue, in its order."""
    return tuple(catalogue())


@dataclass(frozen=True)
class SignGroup:
    """Signs of one size and outline, which one scene can show together.

    Args:
        classes: their numbers in the catalogue.
        faces: their artwork, sRGB, square.
    """

    classes: Int[Tensor, " t"]
    faces: Float[Tensor, "t 3 s s"]
    scene: Scene


def sign_groups(
    backgrounds: Backgrounds, signs: Collection[str] | None = None, camera: Camera = CAMERA
) -> tuple[SignGroup, ...]:
    """Signs (all without a choice) at their true sizes, as few scenes as outlines and sizes allow."""
    groups: list[tuple[float, Tensor, list[int], list[Tensor]]] = []
    for number, spec in enumerate(catalogue().values()):
        if signs is not None and spec.id not in signs:
            continue
        art = face(spec.id, FACE_PX, square=True)
        side_m = spec.square_mm / 1000
        for known_m, coverage, numbers, faces in groups:
            if known_m == side_m and torch.equal(coverage, art.coverage):
                numbers.append(number)
                faces.append(art.srgb)
                break
        else:
            groups.append((side_m, art.coverage, [number], [art.srgb]))
    return tuple(
        SignGroup(
            torch.tensor(numbers),
            torch.stack(faces),
            Scene(Flat(side_m, side_m, coverage), camera, backgrounds, (INPUT_PX, INPUT_PX)),
        )
        for side_m, coverage, numbers, faces in groups
    )


@dataclass(frozen=True)
class Labelled:
    """Views with the number of the sign in each and the conditions they were seen under."""

    images: Float[Tensor, "n 3 h w"]
    classes: Int[Tensor, " n"]
    condition: Condition


@torch.no_grad()
def photograph(group: SignGroup, faces: Float[Tensor, "t 3 s s"], condition: Condition) -> Labelled:
    """Every face of the group under each of the k views, as n = t k examples."""
    images = group.scene(faces, condition)
    rows = torch.arange(len(condition)).repeat(len(faces))
    return Labelled(images.flatten(0, 1), group.classes.repeat_interleave(len(condition)), condition[rows])
