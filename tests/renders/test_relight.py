"""The light of a photo is found again from a photo made with known light."""

import pytest
import torch
from torch import Tensor

from renders.colour import linear_to_srgb, srgb_to_linear
from renders.relight import Relight, estimate, estimate_without_face
from renders.sensor.blur import gaussian_blur

SIDE = 96


def article() -> Tensor:
    """A red plate with white bars and a black one, premultiplied linear rgba with a margin around it."""
    rgba = torch.zeros(4, SIDE, SIDE)
    rgba[:, 8:-8, 8:-8] = torch.tensor([0.45, 0.02, 0.03, 1.0])[:, None, None]
    for left in range(18, 70, 14):
        rgba[:3, 36:64, left : left + 6] = 0.9
    rgba[:3, 70:78, 18:76] = 0.02
    return gaussian_blur(rgba[None, None], torch.tensor([0.4]))[0, 0]


def photographed(light: Relight, clean: Tensor, noise: float = 0.0) -> Tensor:
    """The plate in this light before a grey wall, saved with 8 bits."""
    layer = light(clean[None, None], torch.ones(1))[0, 0]
    seen = layer[:3] + 0.3 * (1 - layer[3:])
    seen = seen + noise * torch.randn(seen.shape, generator=torch.Generator().manual_seed(0))
    return srgb_to_linear((linear_to_srgb(seen.clamp(0, 1)) * 255).round() / 255)


LIGHTS = (
    Relight((0.6, 0.5, 0.4), (0.03, 0.025, 0.02), 1.0),
    Relight((0.15, 0.18, 0.3), (0.0, 0.0, 0.0), 2.0),
    Relight((1.0, 1.0, 1.0), (0.05, 0.05, 0.05), 0.5),
)


@pytest.mark.parametrize("light", LIGHTS)
@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_known_light_is_recovered(light: Relight, noise: float) -> None:
    found = estimate(photographed(light, article(), noise), article())
    assert found.gain == pytest.approx(light.gain, rel=0.06)
    assert found.haze == pytest.approx(light.haze, abs=0.008)
    assert found.blur_px == pytest.approx(light.blur_px, abs=0.25)


def test_corners_a_pixel_off_hardly_matter() -> None:
    seen = photographed(LIGHTS[0], article()).roll((1, 1), (1, 2))
    found = estimate(seen, article())
    assert found.gain == pytest.approx(LIGHTS[0].gain, rel=0.1)
    assert found.blur_px == pytest.approx(LIGHTS[0].blur_px, abs=0.3)


def test_a_sticker_on_the_article_is_outvoted() -> None:
    seen = photographed(LIGHTS[0], article())
    seen[:, 10:26, 30:60] = torch.tensor([0.1, 0.5, 0.1])[:, None, None]
    assert estimate(seen, article()).gain == pytest.approx(LIGHTS[0].gain, rel=0.12)


def test_a_channel_without_contrast_gets_no_haze_of_its_own() -> None:
    """The letters are dirty and small: the red channel alone would explain them by haze."""
    clean = article()
    seen = photographed(Relight((0.5, 0.5, 0.5), (0.0, 0.0, 0.0), 0.5), clean)
    grey_letters = (clean[1] > 0.5)[None] & (torch.arange(3) == 0)[:, None, None]
    found = estimate(torch.where(grey_letters, seen * 0.6, seen), clean)
    assert found.haze[0] < 0.02
    assert 0.3 < found.gain[0] < 0.55


def test_overexposed_whites_do_not_lower_the_gain() -> None:
    light = Relight((1.8, 1.8, 1.8), (0.0, 0.0, 0.0), 0.0)
    assert estimate(photographed(light, article()), article()).gain[0] == pytest.approx(1.8, rel=0.1)


def test_an_article_of_a_few_pixels_keeps_neutral_light() -> None:
    tiny = torch.zeros(4, 6, 6)
    tiny[:, 2:4, 2:4] = 1
    assert estimate(torch.rand(3, 6, 6), tiny) == Relight.neutral()
    assert estimate_without_face(torch.rand(3, 6, 6), tiny[3:]) == Relight.neutral()


def test_without_the_face_paper_and_ink_give_the_light() -> None:
    """Brightest as paper, darkest as ink: right for print with both, whatever its colours in between."""
    poster = torch.full((3, 40, 40), 0.4)
    poster[:, :10], poster[:, 30:] = 0.85, 0.03
    gain, veil = torch.tensor([0.5, 0.4, 0.3])[:, None, None], 0.05
    found = estimate_without_face(gain * (poster + veil), torch.ones(1, 40, 40))
    assert found.gain == pytest.approx([0.5, 0.4, 0.3], rel=0.01)
    assert found.haze == pytest.approx([0.025, 0.02, 0.015], rel=0.02)


def test_neutral_light_is_the_identity_bit_for_bit() -> None:
    layer = torch.rand(2, 3, 4, 9, 9, generator=torch.Generator().manual_seed(0))
    assert torch.equal(Relight.neutral()(layer, torch.tensor([1.0, 2.0, 0.5])), layer)


def test_the_blur_is_measured_in_photo_pixels() -> None:
    layer = torch.zeros(1, 2, 4, 41, 41)
    layer[..., 20, 20] = 1
    seen = Relight((1.0, 1.0, 1.0), (0.0, 0.0, 0.0), 2.0)(layer, torch.tensor([1.0, 2.0]))
    place = torch.arange(41) - 20.0
    variance = (seen[0, :, 3].sum(1) * place**2).sum(-1)
    torch.testing.assert_close(variance, torch.tensor([4.0, 1.0]), rtol=0.01, atol=0)
