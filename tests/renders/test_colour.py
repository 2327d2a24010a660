import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from renders.colour import (
    lab_to_srgb,
    linear_to_srgb,
    linear_to_xyz,
    srgb_to_lab,
    srgb_to_linear,
    xyz_to_linear,
)
from tests.renders.scenes import noise

COLOURS = noise(2, 3, 5, 7, dtype=torch.float64)


@settings(max_examples=50, deadline=None)
@given(st.floats(-0.5, 1.5))
def test_linear_light_and_back(value: float) -> None:
    srgb = torch.tensor(value, dtype=torch.float64)
    assert float(linear_to_srgb(srgb_to_linear(srgb))) == pytest.approx(value, abs=1e-9)


def test_known_values_of_the_curve() -> None:
    srgb = torch.tensor([0.0, 0.04045, 0.5, 1.0], dtype=torch.float64)
    expected = torch.tensor([0.0, 0.0031308, 0.2140411, 1.0], dtype=torch.float64)
    assert torch.allclose(srgb_to_linear(srgb), expected, atol=1e-7)


def test_the_curve_is_continuous_and_rises() -> None:
    srgb = torch.linspace(-0.1, 1.1, 100_001, dtype=torch.float64)
    steps = srgb_to_linear(srgb).diff()
    assert bool((steps > 0).all())
    assert float(steps.max()) < 4e-5


def test_gradients_of_the_curves() -> None:
    values = torch.tensor([-0.2, 0.0, 0.02, 0.2, 0.9, 1.3], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(srgb_to_linear, values)
    assert torch.autograd.gradcheck(linear_to_srgb, values)


def test_gradients_are_finite_at_black_and_white() -> None:
    ends = torch.tensor([0.0, 1.0], requires_grad=True)
    for curve in (srgb_to_linear, linear_to_srgb):
        (slope,) = torch.autograd.grad(curve(ends).sum(), ends)
        assert bool(slope.isfinite().all()) and bool((slope > 0).all())


def test_xyz_and_back() -> None:
    assert torch.allclose(xyz_to_linear(linear_to_xyz(COLOURS)), COLOURS, atol=1e-12)


def test_lab_and_back() -> None:
    assert torch.allclose(lab_to_srgb(srgb_to_lab(COLOURS)), COLOURS, atol=1e-9)


def test_white_is_neutral_in_lab() -> None:
    white, grey = (srgb_to_lab(torch.full((3, 1, 1), level, dtype=torch.float64)) for level in (1.0, 0.4))
    assert torch.allclose(white.flatten(), torch.tensor([100.0, 0.0, 0.0], dtype=torch.float64), atol=1e-9)
    assert float(grey[1:].abs().max()) < 1e-9


def test_lab_is_opencvs() -> None:
    picture = COLOURS[0].permute(1, 2, 0).float()
    theirs = cv2.cvtColor(picture.numpy(), cv2.COLOR_RGB2Lab)
    ours = srgb_to_lab(COLOURS[0]).permute(1, 2, 0).numpy()
    assert np.abs(ours - theirs).max() < 0.3  # OpenCV interpolates in tables


def test_gradient_to_lab_is_exact() -> None:
    colours = COLOURS[:1, :, :2, :2].clone().requires_grad_()
    assert torch.autograd.gradcheck(srgb_to_lab, colours)
