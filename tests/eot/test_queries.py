"""Attacks that only ask: they never see a gradient, count what they ask, and go downhill."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from eot.attack import Attack, run
from eot.loop import descend
from eot.problem import Problem
from eot.random_search import Colours, RandomSearch
from eot.slopes import Nes, unseen
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


@pytest.mark.parametrize(("kind", "queries"), [("random", 4 + 1), ("nes", 2 * 4 + 1)])
def test_a_search_without_gradients_counts_its_queries_and_reaches_its_goal(kind: str, queries: int) -> None:
    module, problem = watched()
    attack = searching(problem, kind, steps=30)
    for _ in descend(attack.texture, problem, attack.optimiser, VIEWS, range(30), slope=attack.slope):
        pass
    assert module.asked == 30 * queries * VIEWS.k
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


def test_squares_lie_where_the_paint_matters() -> None:
    attack = searching(watched()[1], "random", steps=20)
    where = torch.zeros(1, 8, 8)
    where[:, :2, :2] = 1
    search = RandomSearch(attack.texture.parameters(), Colours(where, 4, 20, seed=0))
    for _ in run(replace(attack, optimiser=search)):
        pass
    touched = (attack.texture() != 0.5).any(1)[0]
    assert bool(touched.any()) and not bool(touched[3:, 3:].any())


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
