"""The picture that a victim gets: the training renderer against the second camera, which knows no mipmaps."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from eot.photos.framing import Cut, presented
from eot.photos.register import mapped
from eot.photos.rehearsal.camera import Exposure, Plane, Stand, to_photo
from eot.runs.config import load_config
from renders.camera import Camera
from renders.scene import Scene
from renders.surfaces.flat import Flat
from tests.eot.photos.sheets import decoded, shoot
from tests.renders.scenes import black, noise, posed

CAMERA = Camera.from_35mm(26, 2016, 1512)
SIDE_M, OUTPUT_PX, ZOOM = 0.75, 64, 1.3
ARTICLE = np.s_[:, 12:52, 22:42]  # inside the square at both angles


def photographed(levels: np.ndarray, stand: Stand) -> torch.Tensor:
    """An opaque square through the second camera, sharp and hardly any noise, cut as `eot photos` cuts."""
    edge_mm = 1000 * SIDE_M
    shown = Plane(levels, np.ones(levels.shape[:2], np.float32), edge_mm / len(levels), (edge_mm / 2,) * 2)
    plain = Exposure(gain=1.0, blur_px=0.3, shot_noise=0.0, read_noise=0.001, vignetting=0.0, quality=98)
    photo = decoded(shoot(shown, stand, camera=CAMERA, exposure=plain))
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * edge_mm
    picture, _ = presented(photo, Cut.CROP, mapped(to_photo(shown, stand, CAMERA), corners), ZOOM, OUTPUT_PX)
    return picture[0]


@pytest.mark.parametrize("yaw_deg", [0.0, 40.0])
def test_two_samples_a_pixel_show_what_a_camera_shows_and_one_does_not(yaw_deg: float) -> None:
    cells = (noise(3, 32, 32, seed=4) > 0.5).float()
    texture = cells.repeat_interleave(8, 1).repeat_interleave(8, 2)
    levels = (texture * 255).byte().permute(1, 2, 0).numpy()
    large = cv2.resize(levels, (1024, 1024), interpolation=cv2.INTER_NEAREST)
    theirs = photographed(large, Stand(4.0, yaw_deg))
    condition = posed(distance_m=4.0, yaw_deg=yaw_deg, zoom=ZOOM)
    contrast, error = [], []
    for samples in (1, 2):
        scene = Scene(Flat(SIDE_M, SIDE_M), CAMERA, black(), (OUTPUT_PX, OUTPUT_PX), supersample=samples)
        ours = scene(texture[None], condition)[0, 0]
        contrast.append(steps(ours) / steps(theirs))
        error.append(float((ours - theirs)[ARTICLE].square().mean()) ** 0.5)
    # What is left is their lens, and their crop of whole pixels: four samples come no nearer than 0.05.
    assert 0.94 < contrast[1] < 1.1, contrast
    assert error[1] < 0.08 and error[1] < 0.65 * error[0], error


def steps(picture: torch.Tensor) -> float:
    """How much neighbouring pixels of the article differ, which a shift of the whole crop does not change."""
    article = picture[ARTICLE]
    return float(article.diff(dim=1).square().mean() + article.diff(dim=2).square().mean()) ** 0.5


def test_a_flat_article_is_sampled_twice_unless_asked_otherwise() -> None:
    assert load_config(Path("examples/stop_sticker.toml")).camera.supersample == 2
