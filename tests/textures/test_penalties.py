"""The penalties: closed forms, masks, gradients."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from textures.penalties import (
    L1Distance,
    L2Distance,
    LabDistance,
    NonPrintability,
    OutOfGamut,
    TotalVariation,
)
from textures.printer.catalogue import fogra39

Penalty = Callable[[Tensor], Tensor]
COLOURS = torch.tensor([[0.1, 0.1, 0.1], [0.9, 0.2, 0.1]])


def image(t: int = 2, seed: int = 0) -> Tensor:
    return torch.rand(t, 3, 4, 6, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def grey(value: float) -> Tensor:
    return torch.full((1, 3, 4, 6), value)


def left_half() -> Tensor:
    mask = torch.zeros(1, 4, 6)
    mask[..., :3] = 1
    return mask


def penalties(weight: float = 1.0, mask: Tensor | None = None) -> list[Penalty]:
    original = image(1, seed=3)
    return [
        TotalVariation(weight, mask),
        NonPrintability(COLOURS, weight, mask),
        OutOfGamut(fogra39(), weight, mask),
        LabDistance(original, weight, mask),
        L1Distance(original, weight, mask),
        L2Distance(original, weight, mask),
    ]


INDICES = range(6)


def test_roughness_is_nothing_for_one_colour_and_one_for_a_chessboard() -> None:
    chessboard = ((torch.arange(4)[:, None] + torch.arange(6)) % 2).float().expand(1, 3, 4, 6)
    assert TotalVariation()(grey(0.3)).item() == 0
    assert TotalVariation()(chessboard).item() == 1
    assert TotalVariation(mask=torch.ones(1, 4, 6))(chessboard).item() == 1


def test_an_edge_of_the_sticker_costs_nothing() -> None:
    split = (torch.arange(6) < 3).float().expand(1, 3, 4, 6)
    assert TotalVariation(mask=left_half())(split).item() == 0
    assert TotalVariation()(split).item() > 0


def test_printable_colours_cost_nothing_and_others_their_distance() -> None:
    exact = COLOURS[1][None, :, None, None].expand(1, 3, 4, 6).clone()
    assert NonPrintability(COLOURS)(exact).item() == 0
    exact[:, 2] += 0.2
    assert NonPrintability(COLOURS)(exact).item() == pytest.approx(0.2)


def test_what_the_paper_cannot_show_costs_its_distance() -> None:
    # Inks reach paper white and middle greys (1 % of the table's rounding), but no pure green.
    assert OutOfGamut(fogra39())(grey(1.0)).item() == 0
    assert OutOfGamut(fogra39())(grey(0.5)).item() < 0.02
    green = torch.tensor([0.0, 1.0, 0.0])[None, :, None, None]
    seen = fogra39().printable(green)
    assert OutOfGamut(fogra39())(green).item() == pytest.approx(float((green - seen).norm())) != 0


def test_black_for_white_is_one_in_every_distance() -> None:
    for penalty in (LabDistance(grey(1.0)), L1Distance(grey(1.0)), L2Distance(grey(1.0))):
        assert penalty(grey(0.0)).item() == pytest.approx(1.0, rel=1e-4)
        assert penalty(grey(1.0)).item() == 0


@pytest.mark.parametrize("index", INDICES)
def test_outside_the_mask_nothing_is_paid(index: int) -> None:
    penalty, shown = penalties(mask=left_half())[index], image()
    changed = shown.clone()
    changed[..., 3:] = 1 - changed[..., 3:]
    assert torch.equal(penalty(shown), penalty(changed))
    assert not torch.equal(penalties()[index](shown), penalties()[index](changed))


@pytest.mark.parametrize("index", INDICES)
def test_penalties_are_per_texture_and_grow_with_their_weight(index: int) -> None:
    shown = image(3)
    paid = penalties()[index](shown)
    assert paid.shape == (3,) and bool((paid > 0).all())
    torch.testing.assert_close(penalties(2.5)[index](shown), 2.5 * paid)
    torch.testing.assert_close(penalties()[index](shown[1:2]), paid[1:2])


@pytest.mark.parametrize("index", INDICES)
def test_penalty_gradients_are_exact(index: int) -> None:
    assert torch.autograd.gradcheck(penalties(mask=left_half())[index], image().requires_grad_())


@pytest.mark.parametrize("index", INDICES)
def test_the_gradient_is_finite_where_the_cost_is_nothing(index: int) -> None:
    original = image(1, seed=3)
    shown = COLOURS[0][None, :, None, None].expand(1, 3, 4, 6).to(original) if index == 1 else original
    leaf = shown.clone().requires_grad_()
    penalties()[index](leaf).sum().backward()
    assert leaf.grad is not None and bool(leaf.grad.isfinite().all())
