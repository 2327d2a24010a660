"""JPEG against Pillow's libjpeg, and the gradient that goes straight through its roundings."""

import io

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from renders.sensor.jpeg import jpeg
from renders.sensor.jpeg_tables import TO_RGB, TO_YCC, tables


def picture(height: int, width: int, seed: int = 0) -> Tensor:
    """Soft shapes with grain, in whole steps of 1/255."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand(1, 3, height // 8 + 2, width // 8 + 2, generator=generator)
    soft = F.interpolate(coarse, size=(height, width), mode="bilinear")
    grain = 0.15 * torch.randn(1, 3, height, width, generator=generator)
    return ((soft + grain).clamp(0, 1) * 255).round() / 255


def through_pillow(image: Tensor, quality: int) -> Tensor:
    file = io.BytesIO()
    levels = (image[0].permute(1, 2, 0) * 255).round().byte().numpy()
    Image.fromarray(levels).save(file, "JPEG", quality=quality)
    return torch.from_numpy(np.array(Image.open(file))).permute(2, 0, 1)[None].float()


@pytest.mark.parametrize("quality", [1, 10, 30, 50, 75, 90, 100])
@pytest.mark.parametrize("size", [(64, 64), (61, 47), (17, 2), (1, 1)])
def test_decoded_pixels_are_pillows_within_two_levels(size: tuple[int, int], quality: int) -> None:
    image = picture(*size)
    difference = (jpeg(image, torch.tensor([float(quality)])) * 255 - through_pillow(image, quality)).abs()
    assert difference.max() <= 2
    # The integer arithmetic is libjpeg's own, so nearly every value is the very same.
    assert (difference == 0).float().mean() > 0.999


@pytest.mark.parametrize("quality", [1, 35, 49, 50, 51, 88, 100])
def test_tables_are_the_ones_pillow_writes(quality: int) -> None:
    file = io.BytesIO()
    Image.new("RGB", (16, 16)).save(file, "JPEG", quality=quality)
    file.seek(0)
    theirs = Image.open(file).quantization  # type: ignore[attr-defined]
    for ours, index in zip(tables(torch.tensor([float(quality)])), (0, 1), strict=True):
        assert ours[0].flatten().int().tolist() == theirs[index]


def test_every_image_of_a_batch_has_its_own_quality() -> None:
    image = picture(40, 24)
    both = jpeg(image.repeat(2, 1, 1, 1), torch.tensor([20.0, 85.0]))
    assert torch.equal(both[:1], jpeg(image, torch.tensor([20.0])))
    assert torch.equal(both[1:], jpeg(image, torch.tensor([85.0])))


def without_roundings(image: Tensor) -> Tensor:
    """What is left of JPEG without roundings: halved chroma, smoothed on the way back; edges repeated."""
    height, width = image.shape[-2:]
    forth = image.new_tensor(TO_YCC)
    padded = F.pad(image, (0, -width % 16, 0, height % 2), mode="replicate")
    ycc = torch.einsum("dc,nchw->ndhw", forth, padded)
    chroma = F.avg_pool2d(ycc[:, 1:], 2)[..., : (height + 1) // 2, : (width + 1) // 2]
    mode = {"mode": "nearest"} if chroma.shape[-1] <= 2 else {"mode": "bilinear", "align_corners": False}
    chroma = F.interpolate(chroma, scale_factor=2, **mode)[..., :height, :width]
    full = torch.cat([ycc[:, :1, :height, :width], chroma], 1)
    return torch.einsum("dc,nchw->ndhw", image.new_tensor(TO_RGB), full)


@pytest.mark.parametrize(("height", "width"), [(16, 16), (15, 13), (9, 4), (8, 5), (1, 1)])
def test_gradient_is_that_of_the_chain_without_roundings(height: int, width: int) -> None:
    """Exactly, where nothing clips: on mid greys."""
    generator = torch.Generator().manual_seed(1)
    pull = torch.randn(1, 3, height, width, generator=generator, dtype=torch.float64)
    image = torch.full_like(pull, 0.5).requires_grad_()
    (ours,) = torch.autograd.grad((jpeg(image, torch.tensor([80.0])) * pull).sum(), image)
    (linear,) = torch.autograd.grad((without_roundings(image) * pull).sum(), image)
    torch.testing.assert_close(ours, linear, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("quality", "least"), [(30, 0.9), (60, 0.95), (90, 0.98)])
def test_gradient_points_where_finite_steps_say(quality: int, least: float) -> None:
    """Differences over steps larger than the quantiser's agree with the straight-through gradient."""
    image = (0.25 + 0.5 * picture(48, 48)).requires_grad_()
    wanted = picture(48, 48, seed=9)
    q = torch.tensor([float(quality)])

    def loss(x: Tensor) -> Tensor:
        return (jpeg(x, q) - wanted).square().sum()

    (gradient,) = torch.autograd.grad(loss(image), image)
    generator = torch.Generator().manual_seed(3)
    predicted, measured = [], []
    for _ in range(60):
        coarse = torch.randn(1, 3, 8, 8, generator=generator)
        step = 0.06 * F.interpolate(coarse, size=(48, 48), mode="bicubic")
        with torch.no_grad():
            measured.append(float(loss(image + step) - loss(image - step)) / 2)
        predicted.append(float((gradient * step).sum()))
    assert F.cosine_similarity(torch.tensor(predicted), torch.tensor(measured), 0) > least


def test_values_outside_the_range_get_finite_gradients() -> None:
    image = torch.tensor([-0.5, 0.0, 1.0, 2.0])[:, None, None, None].repeat(1, 3, 16, 16).requires_grad_()
    jpeg(image, torch.full((4,), 90.0)).sum().backward()
    assert image.grad is not None and torch.isfinite(image.grad).all()
