"""JPEG against Pillow's libjpeg, and the gradient that goes straight through its roundings."""

import io

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from renders.sensor.jpeg import jpeg
from renders.sensor.jpeg_tables import tables


def picture(height: int, width: int, seed: int = 0) -> Tensor:
    """Soft shapes with grain, in whole steps of 1/255."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand(1, 3, height // 8 + 2, width // 8 + 2, generator=generator)
    soft = torch.nn.functional.interpolate(coarse, size=(height, width), mode="bilinear")
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


def test_compressing_again_changes_almost_nothing() -> None:
    once = jpeg(picture(64, 64), torch.tensor([60.0]))
    twice = jpeg(once, torch.tensor([60.0]))
    assert (twice - once).abs().mean() * 255 < 1


@pytest.mark.parametrize(("height", "width"), [(16, 16), (15, 13), (9, 4)])
def test_gradient_is_the_transpose_of_the_chain_without_roundings(height: int, width: int) -> None:
    """On mid greys nothing clips, and at quality 100 the forward pass is linear but for roundings of a level."""
    generator = torch.Generator().manual_seed(1)
    image = torch.full((1, 3, height, width), 0.5, dtype=torch.float64).requires_grad_()
    pull = torch.randn(1, 3, height, width, generator=generator, dtype=torch.float64)
    quality = torch.tensor([100.0])
    (gradient,) = torch.autograd.grad((jpeg(image, quality) * pull).sum(), image)
    for seed in range(4):
        step = 0.4 * (picture(height, width, seed).double() - 0.5)
        difference = jpeg(0.5 + step, quality) - jpeg(0.5 - step, quality)
        predicted = float((gradient * 2 * step).sum())
        rounding = 3 / 255 * float(pull.norm())
        assert abs(float((difference * pull).sum()) - predicted) < rounding


@pytest.mark.parametrize(("quality", "least"), [(30, 0.9), (60, 0.95), (90, 0.98)])
def test_gradient_points_where_finite_steps_say(quality: int, least: float) -> None:
    """Directional differences over steps larger than the quantiser's agree with the straight-through gradient."""
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
        step = 0.06 * torch.nn.functional.interpolate(coarse, size=(48, 48), mode="bicubic")
        with torch.no_grad():
            measured.append(float(loss(image + step) - loss(image - step)) / 2)
        predicted.append(float((gradient * step).sum()))
    assert torch.nn.functional.cosine_similarity(torch.tensor(predicted), torch.tensor(measured), 0) > least


def test_clipped_values_get_no_gradient() -> None:
    white = torch.ones(1, 3, 16, 16, requires_grad=True)
    black = torch.zeros(1, 3, 16, 16, requires_grad=True)
    for image in (white, black):
        jpeg(image, torch.tensor([90.0])).sum().backward()
        assert image.grad is not None and torch.isfinite(image.grad).all()
