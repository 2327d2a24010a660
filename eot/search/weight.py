"""The search for c, the worth of being misread against the size of the change, for each example."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from eot.attack import Attack
from eot.loop import Step
from eot.objectives import Objective
from eot.recipes import box_lbfgs, carlini_wagner
from eot.search.each import best_of_each
from eot.search.found import Best, Found, Images, Length
from eot.search.rows import all_rows, rows_of
from eot.search.segment import pulled_back
from eot.victims.victim import Victim
from textures.norms import L2

CEILING = 1e10


def lowest_c(
    solve: Callable[[Float[Tensor, " t"]], Found], images: Images, first: float, rounds: int
) -> Found:
    """The smallest change over a binary search on c (Carlini & Wagner 2017, section V.C).

    Ten times more until it succeeds, then halfway between the largest that failed and the smallest that did
    not.
    """
    low = images.new_zeros(len(images), dtype=torch.float64)
    high, c = torch.full_like(low, CEILING), torch.full_like(low, first)
    best = Best(images)
    for _ in range(rounds):
        found = solve(c.to(images.dtype))
        best.offer(all_rows(images), found)
        high = torch.where(found.success, torch.minimum(high, c), high)
        low = torch.where(found.success, low, torch.maximum(low, c))
        c = torch.where(high < CEILING, (low + high) / 2, 10 * c)
    return best.found()


@dataclass
class Stalled:
    """Early abort: an example leaves when a tenth of the steps has not lowered its loss by 1e-4 of it.

    The first tenth is not judged.
    """

    every: int
    last: Float[Tensor, " t"]

    def __call__(self, step: Step, rows: Int[Tensor, " t"]) -> Bool[Tensor, " t"]:
        """Which of these rows have come to a halt."""
        if step.index == 0 or step.index % self.every:
            return torch.zeros(len(rows), dtype=torch.bool, device=rows.device)
        loss = step.outcome.loss.mean(1)
        halted = loss > self.last[rows] - 1e-4 * self.last[rows].abs()
        self.last[rows] = loss
        return halted


def smallest_by_carlini_wagner(
    images: Images,
    victim: Victim,
    objective: Objective,
    *,
    first: float = 1e-2,
    rounds: int = 9,
    steps: int = 1000,
    rate: float = 0.01,
) -> Found:
    """The smallest l2 change by C&W with its nine rounds of binary search; the cost is its length."""
    if not len(images):
        return Best(images).found()
    length = Length(images, L2())

    def solve(c: Tensor) -> Found:
        attack = carlini_wagner(images, victim, objective, c=c, rate=rate, steps=steps)
        stalled = Stalled(max(1, steps // 10), torch.full_like(c, torch.inf))
        return best_of_each(attack, stalled, length)

    found = lowest_c(solve, images, first, rounds)
    return pulled_back(images, found, victim, objective, L2())


def smallest_by_lbfgs(
    images: Images,
    victim: Victim,
    objective: Objective,
    *,
    first: float = 1e-2,
    rounds: int = 9,
    evaluations: int = 50,
) -> Found:
    """The smallest l2 change by box-constrained L-BFGS, image by image (Szegedy et al. 2014, section 4.1)."""
    if not len(images):
        return Best(images).found()
    each = [
        lowest_c(
            _lbfgs(images[row], victim, rows_of(objective, row), evaluations), images[row], first, rounds
        )
        for row in all_rows(images)[:, None]
    ]
    found = Found(*(torch.cat([getattr(f, name) for f in each]) for name in ("image", "success", "cost")))
    return pulled_back(images, found, victim, objective, L2())


def _lbfgs(
    image: Images, victim: Victim, objective: Objective, evaluations: int
) -> Callable[[Float[Tensor, " t"]], Found]:
    length = Length(image, L2())

    def attack_at(c: Tensor) -> Attack:
        return box_lbfgs(image, victim, objective, c=c, evaluations=evaluations)

    # The iterate before the step is the image itself: at no distance, and a failure unless it is misread.
    return lambda c: best_of_each(attack_at(c), cost=length)
