import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from eot.objectives import (
    DISTANCES,
    TARGETED,
    Evade,
    Targeted,
    cross_entropy,
    logits_ratio,
    margin,
    targeted_ratio,
)

LOGITS = torch.tensor([[[2.0, 1.0, -1.0], [0.0, 3.0, 1.0]]])


def test_targeted_succeeds_where_the_target_is_read() -> None:
    assert Targeted(1)(LOGITS).success.tolist() == [[False, True]]
    assert Evade(1)(LOGITS).success.tolist() == [[True, False]]


def test_margin_below_zero_means_success() -> None:
    assert torch.equal(Targeted(1, distance=margin)(LOGITS).loss, torch.tensor([[1.0, -2.0]]))


def test_kappa_stops_the_margin() -> None:
    assert Targeted(1, distance=margin, kappa=0.5)(LOGITS).loss.tolist() == [[1.0, -0.5]]


def test_cross_entropy_is_torchs() -> None:
    ours = Targeted(2)(LOGITS).loss[0]
    theirs = torch.nn.functional.cross_entropy(LOGITS[0], torch.tensor([2, 2]), reduction="none")
    assert torch.allclose(ours, theirs)


@settings(max_examples=20, deadline=None)
@given(st.floats(0.1, 100))
def test_the_logits_ratio_is_blind_to_scale(scale: float) -> None:
    label = torch.tensor([[0, 1]])
    assert torch.allclose(logits_ratio(LOGITS * scale, label), logits_ratio(LOGITS, label), rtol=1e-4)


def test_labels_may_differ_between_textures() -> None:
    logits = LOGITS.expand(2, -1, -1)
    assert Targeted(torch.tensor([0, 1])).judge(logits).tolist() == [[True, False], [False, True]]


@pytest.mark.parametrize("target", range(1, 5))
@pytest.mark.parametrize("name", TARGETED)
def test_every_distance_falls_as_the_target_gains_whatever_its_rank(name: str, target: int) -> None:
    logits = torch.tensor([[[3.0, 2.0, 1.2, 0.5, -1.0]]], dtype=torch.float64).requires_grad_()
    loss = Targeted(target, distance=TARGETED[name])(logits).loss.sum()
    (slope,) = torch.autograd.grad(loss, logits)
    assert slope[0, 0, target] < -1e-3


@pytest.mark.parametrize("name", DISTANCES)
def test_to_leave_a_label_every_distance_falls_as_it_loses(name: str) -> None:
    logits = torch.tensor([[[3.0, 2.0, 1.2]]], dtype=torch.float64).requires_grad_()
    (slope,) = torch.autograd.grad(Evade(0, DISTANCES[name])(logits).loss.sum(), logits)
    assert slope[0, 0, 0] > 1e-3


def test_the_targeted_ratio_is_the_published_one() -> None:
    """Croce & Hein 2020, equation 7: -(z_y - z_t) / (z_1 - (z_3 + z_4) / 2) without its sign, y leading."""
    logits = torch.tensor([[[3.0, 2.0, 1.2, 0.5, -1.0]]])
    assert float(targeted_ratio(logits, torch.tensor([[4]]))) == pytest.approx(4 / (3 - 0.85))


def test_cross_entropy_of_uniform_logits_is_log_classes() -> None:
    assert float(cross_entropy(torch.zeros(1, 1, 7), torch.tensor([[3]]))) == pytest.approx(math.log(7))
