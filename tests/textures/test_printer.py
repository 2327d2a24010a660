"""The print profile: its ends, its order, its gradient."""

import pytest
import torch
from torch import Tensor

from renders.errors import InputError
from textures.printer.profile import FOGRA39, PrintProfile, profile_named

PERFECT = PrintProfile(white=(1.0, 1.0, 1.0), black=(0.0, 0.0, 0.0))


def grey(value: float) -> Tensor:
    return torch.full((1, 3, 1, 1), value, dtype=torch.float64)


def test_white_becomes_paper_and_black_becomes_ink() -> None:
    torch.testing.assert_close(FOGRA39(grey(1.0)).flatten() * 255, torch.tensor([239.0, 241, 245]).double())
    torch.testing.assert_close(FOGRA39(grey(0.0)).flatten() * 255, torch.tensor([26.0, 26, 27]).double())


def test_perfect_paper_prints_exactly() -> None:
    image = torch.rand(2, 3, 4, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    torch.testing.assert_close(PERFECT(image), image)


def test_dot_gain_darkens_the_middle_and_spares_the_ends() -> None:
    gains = PrintProfile(white=(1.0, 1.0, 1.0), black=(0.0, 0.0, 0.0), dot_gain=0.15)
    torch.testing.assert_close(gains(grey(1.0)), grey(1.0))
    torch.testing.assert_close(gains(grey(0.0)), grey(0.0))
    # Half coverage is linear 0.5; it is darkened to 0.5 - 0.15.
    middle = 1.055 * 0.5 ** (1 / 2.4) - 0.055
    assert gains(grey(middle)).mean().item() == pytest.approx(1.055 * 0.35 ** (1 / 2.4) - 0.055)


def test_brighter_stays_brighter() -> None:
    ramp = torch.linspace(0, 1, 64, dtype=torch.float64).expand(1, 3, 1, 64)
    assert bool((FOGRA39(ramp).diff(dim=-1) > 0).all())


def test_printing_has_an_exact_gradient() -> None:
    image = 0.1 + 0.8 * torch.rand(
        1, 3, 2, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64
    )
    gains = PrintProfile(FOGRA39.white, FOGRA39.black, dot_gain=0.1)
    assert torch.autograd.gradcheck(gains, image.requires_grad_())


def test_printed_colours_are_printable() -> None:
    colours = FOGRA39.colours(3)
    assert colours.shape == (27, 3)
    seen = colours.T[None, :, :, None]
    torch.testing.assert_close(FOGRA39.printable(seen), seen)


def test_profiles_are_found_by_name() -> None:
    assert profile_named("none") is None
    assert profile_named("fogra39") is FOGRA39
    with pytest.raises(InputError, match="fogra39"):
        profile_named("fogra93")
