"""Laws of what a real lens and chip spoil: noise, blur, distortion and the mosaic of colours."""

import dataclasses
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from renders.sensor.blur import defocus, gaussian_kernels, motion
from renders.sensor.mosaic import bayer
from renders.sensor.noise import add_noise, normals
from renders.sensor.optics import bend, distort, undistorted
from tests.renders.sensors import ONES, PARTS, light, seeing


def point(size: int = 31) -> Tensor:
    """One bright pixel in the middle."""
    image = torch.zeros(1, 1, 3, size, size)
    image[..., size // 2, size // 2] = 1
    return image


def moments(image: Tensor) -> tuple[Tensor, Tensor]:
    """Mean (x, y) and covariance of the light of one channel, pixels."""
    place = torch.stack(
        torch.meshgrid(*(torch.arange(n, dtype=torch.float64) for n in image.T.shape), indexing="xy"), -1
    )
    weight = (image.double() / image.double().sum())[..., None]
    mean = (place * weight).sum((0, 1))
    spread = place - mean
    return mean, torch.einsum("hwi,hwj->ij", spread * weight, spread)


# Noise


def test_noise_has_the_variance_of_the_model() -> None:
    level = torch.tensor([0.0, 0.1, 0.5, 1.0])
    image = level[None, :, None, None, None].expand(1, 4, 3, 200, 200)
    noisy = add_noise(image, seeing(4, shot_noise=0.05, read_noise=0.02), torch.ones(4)) - image
    expected = 0.05**2 * level + 0.02**2
    torch.testing.assert_close(noisy.var((0, 2, 3, 4)), expected, rtol=0.03, atol=0)
    assert (noisy.mean((0, 2, 3, 4)).abs() < 4 * (expected / 120_000).sqrt()).all()


def test_binning_divides_the_deviation() -> None:
    image = torch.full((1, 2, 3, 100, 100), 0.5)
    condition = seeing(2, shot_noise=0.05, read_noise=0.02)
    condition = dataclasses.replace(condition, noise_seed=torch.tensor([7, 7]))
    one, four = (add_noise(image, condition, torch.tensor([1.0, 4.0])) - image)[0]
    torch.testing.assert_close(one, 4 * four, rtol=1e-4, atol=1e-6)


def test_noise_replays_from_its_seed_whatever_the_batch() -> None:
    image = light(1, 3, 3, 20, 20)
    condition = dataclasses.replace(
        seeing(3, read_noise=0.1), noise_seed=torch.tensor([5, 2**61 + 3, 5], dtype=torch.int64)
    )
    noise = add_noise(image, condition, torch.ones(3)) - image
    torch.testing.assert_close(noise[:, 0], noise[:, 2], rtol=0, atol=1e-6)
    assert not torch.allclose(noise[:, 0], noise[:, 1])
    alone = add_noise(image[:, 1:2], condition[1:2], ONES) - image[:, 1:2]
    assert torch.equal(alone, noise[:, 1:2])


def test_textures_under_one_view_share_their_noise() -> None:
    image = torch.full((2, 1, 3, 9, 9), 0.5)
    noisy = add_noise(image, seeing(read_noise=0.1, shot_noise=0.1), ONES)
    assert torch.equal(noisy[0], noisy[1])


def test_noise_of_different_seeds_is_normal_and_independent() -> None:
    noise = normals(torch.arange(2000), (3, 8, 8), ONES).flatten(1)
    assert abs(float(noise.mean())) < 0.02
    assert float(noise.std()) == pytest.approx(1, abs=0.02)
    assert float((noise**4).mean()) == pytest.approx(3, abs=0.15)
    correlation = torch.corrcoef(noise[:200]).fill_diagonal_(0)
    assert float(correlation.std()) == pytest.approx(1 / math.sqrt(noise.shape[1]), rel=0.1)


def test_images_larger_than_the_bank_of_numbers_still_get_noise() -> None:
    noise = normals(torch.tensor([1]), (3, 1500, 1000), ONES)
    assert float(noise.std()) == pytest.approx(1, abs=0.01)


# Blur


@pytest.mark.parametrize("part", ["defocus", "motion"])
def test_blur_keeps_the_light(part: str) -> None:
    condition = seeing(defocus_px=1.7, motion_px=9.0, motion_deg=25.0)
    assert float(PARTS[part](point(), condition).sum()) == pytest.approx(3, rel=1e-5)
    grey = torch.full((1, 1, 3, 9, 40), 0.3)
    torch.testing.assert_close(PARTS[part](grey, condition), grey)


@pytest.mark.parametrize("sigma", [0.2, 0.5, 1.0, 2.5])
def test_defocus_has_its_variance_in_native_pixels(sigma: float) -> None:
    for binning in (1.0, 2.0):
        blurred = defocus(point(), seeing(defocus_px=sigma), torch.tensor([binning]))[0, 0, 0]
        mean, covariance = moments(blurred)
        assert mean.tolist() == pytest.approx([15, 15], abs=1e-3)
        wanted = (sigma / binning) ** 2 * torch.eye(2, dtype=torch.float64)
        torch.testing.assert_close(covariance, wanted, rtol=2e-3, atol=1e-4)


@pytest.mark.parametrize("sigma", [0.1, 0.7, 3.0])
def test_two_blurs_in_a_row_add_their_variances(sigma: float) -> None:
    once, both = (
        gaussian_kernels(torch.tensor([s], dtype=torch.float64), 40)[0] for s in (sigma, sigma * math.sqrt(2))
    )
    twice = F.conv1d(once[None, None], once[None, None], padding=40)[0, 0]
    torch.testing.assert_close(twice, both, rtol=0, atol=2e-4)


@pytest.mark.parametrize("angle", [0.0, 30.0, 90.0, 135.0])
def test_motion_blur_lies_along_its_direction_counter_clockwise(angle: float) -> None:
    blurred = motion(point(41), seeing(motion_px=16.0, motion_deg=angle), ONES)[0, 0, 0]
    mean, covariance = moments(blurred)
    assert mean.tolist() == pytest.approx([20, 20], abs=1e-3)
    along = torch.tensor([math.cos(math.radians(angle)), -math.sin(math.radians(angle))]).double()
    across = torch.stack([-along[1], along[0]])
    # A uniform line of length L has variance L²/12; bilinear shifts add at most 1/4 px² to either axis.
    assert float(along @ covariance @ along) == pytest.approx(16**2 / 12, abs=0.5)
    assert float(across @ covariance @ across) < 0.3


# Distortion


@given(st.floats(-0.14, 0.5), st.floats(0, 1))
def test_the_ideal_radius_inverts_the_lens(k1: float, radius: float) -> None:
    u = undistorted(torch.tensor(radius, dtype=torch.float64), torch.tensor(k1, dtype=torch.float64))
    assert float(u * (1 + k1 * u * u)) == pytest.approx(radius, abs=1e-9)


@pytest.mark.parametrize("k1", [-0.12, 0.3])
def test_distortion_matches_its_closed_form(k1: float) -> None:
    """A dot at the ideal place u is seen at u (1 + k1 u²)."""
    height, width = 121, 161
    half_diagonal = math.hypot(height, width) / 2
    ideal = torch.tensor([40.0, -25.0])
    y, x = torch.meshgrid(torch.arange(height) + 0.5, torch.arange(width) + 0.5, indexing="ij")
    dot = torch.exp(-((x - width / 2 - ideal[0]) ** 2 + (y - height / 2 - ideal[1]) ** 2) / 8)
    seen = distort(dot.expand(1, 1, 3, -1, -1), seeing(distortion=k1))[0, 0, 0]
    mean, _ = moments(seen)
    at = mean + 0.5 - torch.tensor([width / 2, height / 2]).double()
    squared = float((ideal / half_diagonal).square().sum())
    torch.testing.assert_close(at.float(), ideal * (1 + k1 * squared), rtol=0, atol=0.1)


def test_bending_takes_any_number_of_channels() -> None:
    image = light(2, 3, 4, 20, 30)
    k1 = torch.tensor([0.0, 0.1, -0.1])
    bent = bend(image, k1)
    assert torch.equal(bent[:, 0], image[:, 0])
    torch.testing.assert_close(bent[:, 1:, :3], bend(image[:, 1:, :3], k1[1:]))


# Mosaic


@pytest.mark.parametrize("size", [(8, 8), (7, 9), (4, 5)])
def test_one_colour_comes_through_the_mosaic_exactly(size: tuple[int, int]) -> None:
    colour = torch.tensor([0.25, 0.5, 0.75])[:, None, None].expand(1, 1, 3, *size)
    assert torch.equal(bayer(colour, seeing(mosaic=1), ONES), colour)


def test_the_mosaic_leaves_each_pixels_own_colour_and_guesses_the_others() -> None:
    image = light(1, 1, 3, 12, 12)
    seen = bayer(image, seeing(mosaic=1), ONES)[0, 0]
    for channel, row, column in ((0, 0, 0), (1, 0, 1), (1, 1, 0), (2, 1, 1)):
        torch.testing.assert_close(seen[channel, row::2, column::2], image[0, 0, channel, row::2, column::2])
    assert not torch.allclose(seen, image[0, 0], atol=0.1)


def test_binning_by_two_hides_the_mosaic() -> None:
    image = light(1, 1, 3, 12, 12)
    assert torch.equal(bayer(image, seeing(mosaic=1), torch.tensor([2.0])), image)
