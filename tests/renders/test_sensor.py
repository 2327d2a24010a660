"""Laws of the sensor: off is the identity, views stay apart, and light, tone and size follow closed forms."""

import dataclasses

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from renders.colour import linear_to_srgb
from renders.conditions import QUANTITIES, join, still
from renders.sensor.develop import develop
from renders.sensor.exposure import expose
from renders.sensor.noise import add_noise
from renders.sensor.optics import vignette
from renders.sensor.resize import resize
from renders.sensor.tone import curve, encode
from tests.renders.sensors import ONES, PARTS, light, seeing

EVERYTHING = {
    "vignetting": 0.4,
    "distortion": -0.1,
    "defocus_px": 0.8,
    "motion_px": 3.0,
    "motion_deg": 30.0,
    "exposure_stops": -0.3,
    "warmth": 0.2,
    "tint": 0.1,
    "shot_noise": 0.02,
    "read_noise": 0.01,
    "mosaic": 1,
    "contrast": 0.5,
}


# Off


@pytest.mark.parametrize("name", PARTS)
def test_a_part_that_is_off_is_the_identity_bit_for_bit(name: str) -> None:
    image = light(2, 3, 3, 17, 12) * 3 - 1
    assert torch.equal(PARTS[name](image, still(3)), image)


def test_developing_with_everything_off_only_clips_and_encodes() -> None:
    image = light(2, 3, 3, 17, 12) * 3 - 1
    assert torch.equal(develop(image, still(3)), linear_to_srgb(image.clamp(0, 1)))


def test_views_that_are_off_pass_a_batch_untouched() -> None:
    image = light(2, 2, 3, 16, 16)
    both = join([seeing(**EVERYTHING, jpeg_quality=60), still(1)])
    assert torch.equal(develop(image, both)[:, 1], encode(image[:, 1]))


def test_every_field_of_the_sensor_does_something() -> None:
    image = light(1, 1, 3, 16, 16)
    for name, value in {**EVERYTHING, "jpeg_quality": 50}.items():
        if name != "motion_deg":
            assert not torch.equal(develop(image, seeing(**{name: value})), encode(image)), name
        assert value != QUANTITIES[name].off


# A view alone


@settings(max_examples=3, deadline=None)
@given(st.integers(0, 1000), st.integers(8, 24), st.integers(8, 24))
def test_a_batch_equals_its_views_one_by_one(seed: int, height: int, width: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    image = torch.rand(2, 4, 3, height, width, generator=generator)
    fields = {
        name: (value * torch.rand(4, generator=generator) if name != "mosaic" else torch.ones(4)).to(
            getattr(still(1), name)
        )
        for name, value in EVERYTHING.items()
    }
    condition = dataclasses.replace(still(4), noise_seed=torch.arange(4) + seed, **fields)
    binning = 1 + torch.rand(4, generator=generator)
    together = develop(image, condition, binning)
    for i in range(4):
        alone = develop(image[:, i : i + 1], condition[i : i + 1], binning[i : i + 1])
        torch.testing.assert_close(together[:, i : i + 1], alone, rtol=0, atol=1e-5)


# Light


def test_one_stop_is_a_factor_of_two() -> None:
    image = light(1, 1, 3, 8, 8)
    assert torch.equal(expose(image, seeing(exposure_stops=1.0)), 2 * image)
    assert torch.equal(expose(image, seeing(exposure_stops=-2.0)), image / 4)


def test_white_balance_acts_on_its_own_channels() -> None:
    image = torch.ones(1, 1, 3, 2, 2)
    gains = expose(image, seeing(warmth=2.0, tint=-1.0))[0, 0, :, 0, 0]
    torch.testing.assert_close(gains, torch.tensor([2.0, 0.5, 0.5]))


def test_vignetting_is_the_share_lost_in_the_corner() -> None:
    size = 401
    seen = vignette(torch.ones(1, 1, 3, size, size), seeing(vignetting=0.6))[0, 0, 0]
    assert float(seen[size // 2, size // 2]) == 1
    assert float(seen[0, 0]) == pytest.approx(0.4, abs=0.004)
    assert float(seen[size // 2, 0]) == pytest.approx(1 - 0.6 / 2, abs=0.004)


# Tone


@given(st.floats(0, 1))
def test_the_tone_curve_keeps_its_fixed_points_and_rises(contrast: float) -> None:
    ramp = torch.linspace(0, 1, 257).expand(1, 1, 3, 1, -1)
    toned = curve(ramp, seeing(contrast=contrast))[0, 0, 0, 0]
    assert [float(toned[i]) for i in (0, 128, 256)] == pytest.approx([0, 0.5, 1], abs=1e-6)
    assert (toned.diff() >= -1e-7).all()


# Resize


@pytest.mark.parametrize(("before", "after"), [((12, 18), (4, 6)), ((16, 16), (2, 4)), ((9, 25), (3, 5))])
def test_resizing_by_whole_factors_is_the_mean_over_blocks(
    before: tuple[int, int], after: tuple[int, int]
) -> None:
    image = light(2, 3, *before)
    expected = F.avg_pool2d(image, (before[0] // after[0], before[1] // after[1]))
    torch.testing.assert_close(resize(image, after), expected)


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 40), st.integers(1, 40))
def test_shrinking_keeps_the_mean_and_resizing_keeps_a_constant(a: int, b: int, h: int, w: int) -> None:
    grey = torch.full((1, 1, a, b), 0.4)
    torch.testing.assert_close(resize(grey, (h, w)), torch.full((1, 1, h, w), 0.4))
    image = light(1, 1, a, b)
    smaller = resize(image, (min(a, h), min(b, w)))
    torch.testing.assert_close(smaller.mean(), image.mean())


def test_the_same_size_is_the_same_image() -> None:
    image = light(1, 3, 7, 5)
    assert resize(image, (7, 5)) is image


# Gradient


def checked(stage: object, image: Tensor) -> bool:
    """In a random direction of the input and the output, which sees any wrong entry."""
    return bool(
        torch.autograd.gradcheck(stage, (image.requires_grad_(),), atol=1e-6, rtol=1e-4, fast_mode=True)
    )


def test_gradcheck_of_developing_with_everything_on() -> None:
    """All but JPEG, whose roundings have no gradient of their own: see test_jpeg."""
    condition = seeing(2, **EVERYTHING)
    image = 0.2 + 0.6 * light(1, 2, 3, 6, 6, dtype=torch.float64)
    assert checked(lambda x: develop(x, condition, torch.tensor([1.0, 1.5])), image)


def test_gradcheck_of_encoding_on_both_sides_of_its_knee() -> None:
    values = torch.tensor([-0.3, 0.0004, 0.0025, 0.004, 0.1, 0.999, 1.2], dtype=torch.float64)
    assert checked(encode, values.expand(3, 1, -1).clone())


def test_gradient_of_noise_in_the_dark_is_finite() -> None:
    image = (
        torch.tensor([-0.1, 0.0, 1e-9, 1e-3])[None, None, None, None].repeat(1, 1, 3, 4, 1).requires_grad_()
    )
    add_noise(image, seeing(shot_noise=0.1), ONES).sum().backward()
    assert image.grad is not None and torch.isfinite(image.grad).all()
