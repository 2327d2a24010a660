"""A file is shrunk by its levels, not by its light: what is photographed must say so."""

import torch

from renders.backgrounds import Backgrounds
from renders.camera import Camera
from renders.colour import linear_to_srgb
from renders.scene import Scene
from renders.surfaces.flat import Flat
from renders.surfaces.photo import Photo
from renders.surfaces.photograph import Photograph
from tests.renders.scenes import posed


def mean_of_stripes(width_px: int, supersample: int) -> float:
    """Mean level of black and white stripes that are each one pixel wide at twice the model's size."""
    stripes = (torch.arange(64) % 2).float().expand(1, 3, 64, 64).contiguous()
    camera = Camera(width_px, width_px, width_px)
    scene = Scene(
        Flat(1.0, 1.0), camera, Backgrounds(torch.zeros(1, 3, 1, 1)), (32, 32), supersample=supersample
    )
    return float(scene(stripes, posed(distance_m=1.0, zoom=1.0)).mean())


def test_a_camera_with_more_pixels_than_the_model_wants_is_shrunk_by_levels() -> None:
    assert abs(mean_of_stripes(64, 2) - 0.5) < 0.02


def test_a_real_photo_is_shrunk_by_levels_too() -> None:
    stripes = (torch.arange(64) % 2).float().expand(3, 64, 64).contiguous()
    corners = torch.tensor([[30.0, 30], [32, 30], [32, 32], [30, 32]])
    means = []
    for supersample in (1, 2):
        scene = Photograph((Photo(stripes, corners),), (32, 32), supersample=supersample)
        means.append(float(scene(torch.zeros(1, 3, 4, 4), posed())[..., :12].mean()))
    half = float(linear_to_srgb(torch.tensor(0.5)))
    assert abs(means[0] - half) < 0.02, "one sample a pixel of the model is light"
    assert abs(means[1] - 0.5) < 0.02


def test_a_camera_without_averages_light() -> None:
    half = float(linear_to_srgb(torch.tensor(0.5)))
    assert abs(mean_of_stripes(32, 2) - half) < 0.02
    assert abs(mean_of_stripes(64, 1) - half) < 0.02
