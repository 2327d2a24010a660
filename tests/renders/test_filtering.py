"""The texture of an object against brute force: many samples a pixel and no filter at all."""

import pytest
import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity

from renders.camera import Camera
from renders.framing import crops
from renders.lookup import Filter, Pyramid
from renders.meshes.islands import coverage
from renders.rasterisers.spans import rasterise
from renders.scene import seen
from renders.shade import box_downsample, layered, shade
from renders.surfaces.shell import Shell
from tests.renders.scenes import natural, noise, posed, psnr
from textures.objects import object_named

TEXELS = 256
CAMERA = Camera(3000, 4000, 3000)


def picture(texture: Tensor, height_px: int, supersample: int, how: Filter) -> Tensor:
    """The duck, `height_px` tall, with a linear texture: premultiplied rgba [4 h w]."""
    mesh = object_named("duck")
    inside = coverage(mesh.uvs, (TEXELS, TEXELS)).to(texture)
    shell, condition = Shell(mesh, inside), posed(distance_m=0.6, azimuth_deg=40.0, elevation_deg=20.0)
    view = crops(shell.vertices(condition), condition, CAMERA, (height_px, height_px))[0]
    side = view.size[0] * supersample
    hits = seen(view, shell.skin(view.vertices), rasterise, supersample)
    pyramid = Pyramid.of(torch.cat([texture * inside, inside[None]], 1))
    layer = layered(shade(pyramid, hits, view.condition, how=how, whole=True), hits, (side, side), 1)
    return box_downsample(layer, supersample)[0, 0]


def compared(texture: Tensor, height_px: int, supersample: int, reference: int) -> tuple[float, float]:
    """Decibels where the object covers whole pixels, and the cosine of the gradients to the texture."""
    pictures, slopes = [], []
    pull = noise(3, height_px, height_px, seed=9) - 0.5
    for samples, how in ((supersample, Filter.TRILINEAR), (reference, Filter.BILINEAR)):
        leaf = texture.clone().requires_grad_()
        shown = picture(leaf, height_px, samples, how)
        (shown[:3] * pull).sum().backward()
        assert leaf.grad is not None
        pictures.append(shown.detach())
        slopes.append(leaf.grad)
    whole = (pictures[0][3] == 1) & (pictures[1][3] == 1)
    return psnr(pictures[0][:3, whole], pictures[1][:3, whole]), float(
        cosine_similarity(slopes[0].flatten(), slopes[1].flatten(), dim=0)
    )


@pytest.mark.parametrize(("height_px", "least"), [(24, 0.75), (64, 0.9)])
def test_two_samples_a_pixel_are_near_brute_force(height_px: int, least: float) -> None:
    # The bars of the measured design are 29 dB and a cosine of 0.9; where an object is so small that a third
    # of its pixels are silhouette, the gradient needs four samples for that (below).
    for texture in (natural(TEXELS), noise(1, 3, TEXELS, TEXELS)):
        decibels, cosine = compared(texture, height_px, 2, 16)
        assert decibels > 29 and cosine > least, (decibels, cosine)


@pytest.mark.parametrize("height_px", [24, 64])
def test_more_samples_bring_the_gradient_nearer(height_px: int) -> None:
    texture = noise(1, 3, TEXELS, TEXELS)
    cosines = [compared(texture, height_px, samples, 16)[1] for samples in (1, 2, 4)]
    assert cosines == sorted(cosines) and cosines[-1] > 0.9


@pytest.mark.slow
@pytest.mark.parametrize("height_px", [100, 200, 400])
def test_large_views_are_near_brute_force_too(height_px: int) -> None:
    for texture in (natural(TEXELS), noise(1, 3, TEXELS, TEXELS)):
        decibels, cosine = compared(texture, height_px, 2, 8)
        assert decibels > 29 and cosine > 0.9, (decibels, cosine)
