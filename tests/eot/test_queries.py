"""Attacks that only ask: they never see a gradient, count what they ask, and go downhill."""

import pytest
import torch
from torch import Tensor, nn

from eot.attack import Attack, run
from eot.colour_trials import Colours
from eot.loop import descend
from eot.optimisers import ALL, Closure
from eot.problem import Problem
from eot.random_search import RandomSearch, raced
from eot.slopes import Nes, Slope, unseen
from eot.streams import Stream
from eot.victims import Victim
from renders.conditions import Conditions, still
from tests.eot.parts import linear, on_screen
from tests.renders.scenes import noise
from textures.parameters import Pixels

VIEWS = Stream(Conditions({}), seed=0, name="train", k=3)


class Watched(nn.Module):
    """Counts the pictures it is shown, and refuses to be differentiated."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner, self.asked = inner, 0

    def forward(self, images: Tensor) -> Tensor:
        assert not torch.is_grad_enabled() and not images.requires_grad
        self.asked += len(images)
        return self.inner(images)


def watched() -> tuple[Watched, Problem]:
    """A problem whose victim is watched."""
    victim = linear()
    module = Watched(victim.module)
    return module, on_screen(victim=Victim(module, victim.info))


def searching(problem: Problem, kind: str, steps: int, trials: int = 4, seed: int = 0) -> Attack:
    """An attack of this kind from mid grey."""
    texture = Pixels(torch.full((1, 3, 8, 8), 0.5))
    if kind == "nes":
        adam = torch.optim.Adam(texture.parameters(), lr=0.1)
        return Attack(texture, problem, adam, VIEWS, VIEWS, steps, slope=Nes(trials, cells=8))
    search = RandomSearch(texture.parameters(), Colours(torch.ones(1, 8, 8), trials, steps, seed))
    return Attack(texture, problem, search, VIEWS, VIEWS, steps, slope=unseen)


@pytest.mark.parametrize("slope", [unseen, Nes(2, cells=4)])
def test_no_more_views_are_held_than_micro_allows(slope: Slope) -> None:
    module, problem = watched()
    sizes: list[int] = []
    module.register_forward_pre_hook(lambda _, inputs: sizes.append(len(inputs[0])))
    image, views = torch.full((1, 3, 8, 8), 0.5), VIEWS(0)
    parts, whole = slope(image, problem, views, 2), slope(image, problem, views, None)
    assert max(sizes[: len(sizes) // 2]) == 2 and max(sizes) == 3
    assert torch.allclose(parts[0], whole[0], atol=1e-5)
    assert torch.allclose(parts[1].loss, whole[1].loss) and torch.equal(parts[1].success, whole[1].success)


@pytest.mark.parametrize(("kind", "queries"), [("random", 4 + 1), ("nes", 2 * 4 + 1)])
def test_a_search_without_gradients_asks_what_it_says_and_reaches_its_goal(kind: str, queries: int) -> None:
    module, problem = watched()
    attack = searching(problem, kind, steps=30)
    for _ in descend(attack.texture, problem, attack.optimiser, VIEWS, range(30), slope=attack.slope):
        pass
    # Three views are one heat; the first step of random search also tries eight colours and four stripes.
    assert module.asked == 30 * queries * VIEWS.k + (12 * VIEWS.k if kind == "random" else 0)
    with torch.no_grad():
        before = problem(torch.full((1, 3, 8, 8), 0.5), still(1))
        after = problem(attack.texture().detach(), still(1))
    assert float(after.loss) < float(before.loss)
    assert bool(after.success)


def test_the_same_seed_searches_alike_and_another_does_not() -> None:
    ends = []
    for seed in (1, 1, 2):
        attack = searching(watched()[1], "random", steps=6, seed=seed)
        with torch.no_grad():
            ends.append([p.best for p in run(attack)][-1])
    assert torch.equal(ends[0].image, ends[1].image) and not torch.equal(ends[0].image, ends[2].image)


def test_nothing_is_kept_that_raises_the_loss() -> None:
    _, problem = watched()
    attack = searching(problem, "random", steps=12)
    losses = [p.loss for p in run(attack)]
    assert losses == sorted(losses, reverse=True)  # all views are alike, so the losses can be compared


def losses_of(*losses: float) -> tuple[list[slice], Closure]:
    """A closure over one texture with these losses, and what it was asked."""
    asked: list[slice] = []

    def closure(views: slice = ALL) -> Tensor:
        asked.append(views)
        return torch.tensor([losses])[:, views]

    return asked, closure


HELD = torch.full((1, 12), 1.0)


def test_a_bad_trial_is_dropped_after_one_heat_and_a_good_one_has_to_pass_all() -> None:
    asked, closure = losses_of(*[1.5] * 12)
    assert not bool(raced(closure, HELD, 0)[0]) and asked == [slice(0, 3)]
    asked, closure = losses_of(*[0.5] * 12)
    better, tried = raced(closure, HELD, 0)
    assert bool(better) and len(asked) == 4 and torch.equal(tried, torch.full((1, 12), 0.5))


def test_races_begin_at_another_view_each_time_and_still_see_every_view() -> None:
    for number, first in ((0, 0), (1, 3), (5, 3)):
        asked, closure = losses_of(*[0.5] * 12)
        raced(closure, HELD, number)
        assert asked[0].start == first
        assert sorted(views.start for views in asked) == [0, 3, 6, 9]


def test_a_lucky_start_does_not_carry_a_trial_through() -> None:
    asked, closure = losses_of(0.9, 0.8, 0.9, *[1.6] * 9)
    better, tried = raced(closure, HELD, 0)
    assert not bool(better) and len(asked) == 2
    assert bool((tried[0, 6:] == torch.inf).all()), "views that nobody asked for cannot look good"


def test_every_texture_of_a_batch_races_for_itself() -> None:
    losses = torch.tensor([[0.5] * 12, [1.5] * 12])
    better, _ = raced(lambda views=ALL: losses[:, views], HELD.expand(2, 12), 0)
    assert better.tolist() == [True, False]


def test_squares_lie_where_the_paint_matters() -> None:
    where = torch.zeros(1, 8, 8)
    where[:, :2, :2] = 1
    grey = torch.full((1, 3, 8, 8), 0.5)
    for trial in Colours(where, 40, 20, seed=0)(grey, 5):
        touched = (trial != 0.5).any(1)[0]
        assert bool(touched.any()) and not bool(touched[3:, 3:].any())


def test_the_first_step_tries_all_pure_colours_and_stripes_both_ways() -> None:
    grey = torch.full((1, 3, 8, 8), 0.5)
    trials = list(Colours(torch.ones(1, 8, 8), 2, 20, seed=0)(grey, 0))
    plain = {
        tuple(trial[0, :, 0, 0].tolist()) for trial in trials if bool((trial == trial[..., :1, :1]).all())
    }
    assert len(trials) == 8 + 4 + 2 and len(plain) == 8
    across, down = trials[8], trials[9]
    assert torch.equal(across, across[..., :1].expand_as(across))
    assert torch.equal(down, down[..., :1, :].expand_as(down))


def test_the_estimated_slope_points_along_the_true_one() -> None:
    # For a linear loss the estimate is the mean of d <g, d>: unbiased, and close with many directions.
    problem = on_screen()
    image = 0.3 + 0.4 * noise(1, 3, 8, 8, seed=5)
    leaf = image.clone().requires_grad_()
    (true,) = torch.autograd.grad(problem(leaf, still(1)).loss.sum(), leaf)
    estimate, _ = Nes(400, step=0.01, cells=8)(image, problem, still(1))
    cosine = torch.nn.functional.cosine_similarity(true.flatten(), estimate.flatten(), dim=0)
    # 400 directions in 192 dimensions: cosine about 1 / sqrt(1 + 192 / 400) = 0.82
    assert float(cosine) > 0.7
