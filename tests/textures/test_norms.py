"""The laws of the norms: balls, duals, projections, draws."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from renders.errors import InputError
from textures.norms import L1, L2, Linf, Norm, norm_named

NORMS = [Linf(), L2(), L1(), L1(share=0.1)]
DUALS: dict[str, Norm] = {"Linf": L1(), "L2": L2(), "L1": Linf()}


def drawn(seed: int, scale: float = 1.0, dtype: torch.dtype = torch.float32) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return scale * torch.randn(3, 3, 5, 7, generator=generator, dtype=dtype)


seeds = st.integers(0, 10_000)
radii = st.floats(1e-3, 50.0)


@settings(max_examples=40, deadline=None)
@given(seed=seeds, eps=radii, norm=st.sampled_from(NORMS))
def test_a_projected_change_lies_in_the_ball_and_is_not_moved_again(
    seed: int, eps: float, norm: Norm
) -> None:
    projected = norm.project(drawn(seed), eps)
    assert bool((norm.measure(projected) <= eps * (1 + 1e-6)).all())
    assert torch.equal(norm.project(projected, eps), projected)


@settings(max_examples=40, deadline=None)
@given(seed=seeds, norm=st.sampled_from(NORMS))
def test_a_change_inside_the_ball_keeps_its_bits(seed: int, norm: Norm) -> None:
    delta = drawn(seed)
    assert torch.equal(norm.project(delta, norm.measure(delta)), delta)


@settings(max_examples=40, deadline=None)
@given(seed=seeds, eps=radii, norm=st.sampled_from(NORMS))
def test_no_drawn_point_of_the_ball_is_nearer_than_the_projection(seed: int, eps: float, norm: Norm) -> None:
    delta = drawn(seed, dtype=torch.float64)
    best = (norm.project(delta, eps) - delta).flatten(1).square().sum(1)
    for i in range(8):
        other = norm.sample(delta, eps, torch.Generator().manual_seed(i))
        assert bool(((other - delta).flatten(1).square().sum(1) >= best - 1e-9).all())


@settings(max_examples=40, deadline=None)
@given(seed=seeds, scale=st.sampled_from([1e-30, 1e-6, 1.0, 1e6]), norm=st.sampled_from([Linf(), L2(), L1()]))
def test_the_steepest_step_gains_the_dual_norm(seed: int, scale: float, norm: Norm) -> None:
    gradient = drawn(seed, scale)
    gain = (gradient * norm.steepest(gradient)).flatten(1).sum(1)
    dual = DUALS[type(norm).__name__].measure(gradient / scale) * scale
    torch.testing.assert_close(gain / scale, dual / scale, rtol=1e-5, atol=0.0)


@pytest.mark.parametrize("norm", NORMS, ids=repr)
def test_the_steepest_step_has_unit_length_and_zero_stays_zero(norm: Norm) -> None:
    gradient = drawn(0)
    gradient[1] = 0
    lengths = norm.measure(norm.steepest(gradient))
    torch.testing.assert_close(lengths, torch.tensor([1.0, 0.0, 1.0]))


def test_a_sparse_step_moves_the_asked_share_of_coordinates() -> None:
    step = L1(share=0.1).steepest(drawn(0))
    assert [int(s.count_nonzero()) for s in step] == [10, 10, 10]  # of 105


def test_l1_projection_matches_a_bisection_for_the_threshold() -> None:
    delta = drawn(3, dtype=torch.float64)[:1]
    low, high = 0.0, float(delta.abs().max())
    for _ in range(80):
        middle = (low + high) / 2
        over = float((delta.abs() - middle).clamp_min(0).sum()) > 4.0
        low, high = (middle, high) if over else (low, middle)
    expected = delta.sign() * (delta.abs() - low).clamp_min(0)
    torch.testing.assert_close(L1().project(delta, 4.0), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("norm", NORMS, ids=repr)
def test_draws_fill_the_ball_and_surface_points_use_all_of_eps(norm: Norm) -> None:
    like = torch.zeros(400, 3, 1, 1)
    lengths = norm.measure(norm.sample(like, 2.0, torch.Generator().manual_seed(1)))
    assert float(lengths.max()) <= 2.0 * (1 + 1e-6)
    # Half the volume of a 3-dimensional ball lies within r = 0.5^(1/3); 400 draws give +-0.05.
    share = float((lengths < 2.0 * 0.5 ** (1 / 3)).float().mean())
    assert abs(share - 0.5) < 0.1
    on_surface = norm.measure(norm.surface(like, 2.0, torch.Generator().manual_seed(1)))
    torch.testing.assert_close(on_surface, torch.full((400,), 2.0))


@pytest.mark.parametrize("norm", NORMS, ids=repr)
def test_every_texture_has_its_own_ball(norm: Norm) -> None:
    eps = torch.tensor([0.5, 1.0, 2.0])
    torch.testing.assert_close(norm.measure(norm.project(drawn(0, 100.0), eps)), eps)


@pytest.mark.parametrize("norm", NORMS, ids=repr)
def test_the_same_seed_draws_the_same_point(norm: Norm) -> None:
    one, two = (norm.sample(drawn(0), 1.0, torch.Generator().manual_seed(5)) for _ in range(2))
    assert torch.equal(one, two)


def test_an_unknown_norm_names_the_nearest() -> None:
    assert norm_named("l2") == L2()
    with pytest.raises(InputError, match="'linf'"):
        norm_named("l_inf")
