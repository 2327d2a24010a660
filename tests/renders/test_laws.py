"""Laws of the whole renderer: what holds whatever the article, the light and the camera."""

import dataclasses

import pytest
import torch
from torch import Tensor

from renders.backgrounds import Backgrounds
from renders.camera import Camera, Intrinsics
from renders.conditions import QUANTITIES, Condition
from renders.environment import Environments
from renders.fragments import Fragments, edge_planes
from renders.framing import Framing
from renders.scene import Scene
from renders.surfaces.bent import Cloth
from renders.surfaces.flat import Flat
from tests.renders.scenes import noise, phone, posed

# A value at which each field must leave its mark on a lit, sharp view of a picture.
ON = {
    "distance_m": 4.0,
    "yaw_deg": 30.0,
    "pitch_deg": 20.0,
    "roll_deg": 15.0,
    "aim_x": 0.8,
    "aim_y": -0.8,
    "azimuth_deg": 40.0,
    "elevation_deg": 40.0,
    "focal": 2.0,
    "wrinkle": 0.1,
    "gloss": 200.0,
    "environment": 1.0,
    "environment_deg": 90.0,
    "zoom": 2.0,
    "sky": 0.5,
    "sun": 0.5,
    "sun_azimuth_deg": 60.0,
    "sun_elevation_deg": 10.0,
    "shadow": 0.7,
    "shadow_angle_deg": 50.0,
    "shadow_offset": 0.4,
    "sheen": 0.5,
    "background": 1.0,
    "background_x": 1.0,
    "background_y": 0.0,
    "background_zoom": 2.0,
    "exposure_stops": 0.5,
    "warmth": 0.5,
    "tint": 0.3,
    "vignetting": 0.5,
    "distortion": 0.1,
    "defocus_px": 2.0,
    "motion_px": 4.0,
    "motion_deg": 45.0,
    "shot_noise": 0.05,
    "read_noise": 0.05,
    "mosaic": 1.0,
    "contrast": 0.8,
    "jpeg_quality": 40.0,
    "noise_seed": 12345.0,
}
# Fields that say how, where others say how much.
NEEDS = {
    "sun_azimuth_deg": {"sun": 0.5},
    "sun_elevation_deg": {"sun": 0.5},
    "shadow_angle_deg": {"shadow": 0.7},
    "shadow_offset": {"shadow": 0.7},
    "sheen": {"sun": 0.5, "sun_elevation_deg": 5.0},
    "gloss": {"sun": 0.5, "sheen": 0.5, "sun_elevation_deg": 5.0},
    "wrinkle": {"sun": 0.5},
    "background_x": {"background_zoom": 2.0},
    "background_y": {"background_zoom": 2.0},
    "motion_deg": {"motion_px": 4.0},
    "mosaic": {"distance_m": 16.0},
    "noise_seed": {"read_noise": 0.05},
}


def scene(**fields: object) -> Scene:
    parts = {
        "surface": Flat(0.4, 0.4),
        "camera": phone(),
        "backgrounds": Backgrounds(0.4 * noise(2, 3, 64, 64)),
        "output_px": (48, 48),
        **fields,
    }
    return Scene(**parts)


def texture(t: int = 1) -> Tensor:
    return 0.2 + 0.5 * noise(t, 3, 24, 24, seed=2)


def brute(
    vertices: Tensor, faces: Tensor, camera: Intrinsics, size: tuple[int, int], *, closed: bool = False
) -> Fragments:
    """A back end with nothing clever about it: every face against every pixel."""
    k, f, (height, width) = len(vertices), len(faces), size
    planes = edge_planes(vertices, faces, camera, torch.arange(k * f))
    y, x = torch.meshgrid(torch.arange(height) + 0.5, torch.arange(width) + 0.5, indexing="ij")
    weights = planes[0][..., None, None] * x + planes[1][..., None, None] * y + planes[2][..., None, None]
    over_z = weights.sum(0)
    inside = (weights >= -1e-12).all(0) & (over_z > 0)
    nearest = torch.where(inside, over_z, 0.0).unflatten(0, (k, f)).max(1)
    cell = (nearest.values > 0).flatten().nonzero()[:, 0]
    face = (nearest.indices + f * torch.arange(k)[:, None, None]).flatten()[cell]
    return Fragments(cell, face, size, vertices, faces, camera)


def test_every_field_has_a_value_to_try() -> None:
    assert set(ON) == set(QUANTITIES)


@pytest.mark.parametrize("name", QUANTITIES)
def test_every_field_leaves_its_mark(name: str) -> None:
    reference = posed(**{"distance_m": 2.5, **NEEDS.get(name, {})})
    value = torch.tensor([ON[name]]).to(getattr(reference, name).dtype)
    moved = dataclasses.replace(reference, **{name: value})
    # In a crop the article is always as large; only the whole frame shows its distance and lens.
    parts: dict[str, object] = {"framing": Framing.FRAME if name in ("distance_m", "focal") else Framing.CROP}
    if name.startswith("environment"):
        parts["environments"] = Environments(noise(2, 9, 3, seed=4))
    if name == "wrinkle":
        parts["surface"] = Cloth(0.4, 0.4)
    world = scene(**parts)
    difference = (world(texture(), moved) - world(texture(), reference)).abs()
    assert float(difference.mean()) > 1e-3


def test_two_views_in_another_order_are_the_same_two_photographs() -> None:
    condition = posed(
        3, distance_m=torch.tensor([2.0, 8.0, 3.0]), read_noise=0.01, noise_seed=torch.arange(3)
    )
    order = torch.tensor([2, 0, 1])
    photos = scene()(texture(), condition)
    assert torch.allclose(scene()(texture(), condition[order]), photos[:, order], atol=1e-6)


def test_twice_as_far_with_twice_the_lens_looks_the_same() -> None:
    near, far = posed(distance_m=3.0), posed(distance_m=6.0)
    lens = Camera(2 * phone().focal_px, 640, 480)
    assert torch.allclose(scene(camera=lens)(texture(), far), scene()(texture(), near), atol=1e-4)


def test_an_article_twice_as_large_twice_as_far_looks_the_same() -> None:
    angles = {"yaw_deg": 30.0, "pitch_deg": -10.0}
    near = scene()(texture(), posed(distance_m=3.0, **angles))
    far = scene(surface=Flat(0.8, 0.8))(texture(), posed(distance_m=6.0, **angles))
    assert torch.allclose(far, near, atol=1e-4)


def test_single_and_double_precision_agree() -> None:
    single = scene()(texture(), posed(yaw_deg=20.0, sun=0.3, defocus_px=1.0))
    double = scene()(texture().double(), posed(yaw_deg=20.0, sun=0.3, defocus_px=1.0))
    assert double.dtype == torch.float64
    assert torch.allclose(single.double(), double, atol=2e-4)


@pytest.mark.parametrize("supersample", [1, 2])
def test_another_back_end_gives_the_same_photographs(supersample: int) -> None:
    condition = posed(3, distance_m=torch.tensor([2.0, 4.0, 9.0]), yaw_deg=torch.tensor([0.0, 35.0, -50.0]))
    ours = scene(supersample=supersample)(texture(), condition)
    theirs = scene(supersample=supersample, rasteriser=brute)(texture(), condition)
    # A pixel centre on an outline may fall to either side.
    assert float(((ours - theirs).abs() < 1e-5).float().mean()) > 0.9999


def test_a_mirrored_pose_of_a_mirrored_texture_is_the_mirrored_photograph() -> None:
    world = scene(backgrounds=Backgrounds(torch.full((1, 3, 8, 8), 0.2)))

    def view(sign: float) -> Condition:
        return posed(yaw_deg=30.0 * sign, roll_deg=10.0 * sign, sun=0.4, sun_azimuth_deg=50.0 * sign)

    assert torch.allclose(world(texture().flip(-1), view(-1)), world(texture(), view(1)).flip(-1), atol=1e-4)
