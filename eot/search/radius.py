"""The smallest ball in which an attack succeeds, for each example."""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor

from eot.objectives import Objective
from eot.recipes import pgd
from eot.search.each import best_of_each
from eot.search.found import Best, Found, Images, Length
from eot.search.rows import all_rows, rows_of
from eot.search.segment import pulled_back
from eot.victims.victim import Victim
from textures.norms import Norm

Within = Callable[[Int[Tensor, " n"], Float[Tensor, " n"]], Found]


def smallest_radius(
    within: Within,
    images: Images,
    victim: Victim,
    objective: Objective,
    norm: Norm,
    *,
    high: float,
    rounds: int = 8,
) -> Found:
    """The smallest successful change by bisection on eps; the cost is its length in the norm.

    Args:
        within: attacks these rows of the images in balls of these radii.
        high: the largest radius that is tried; an example that withstands it stays a failure.
    """
    rows = all_rows(images)
    best, low = Best(images), images.new_zeros(len(images))
    radius = torch.full_like(low, high)
    for _ in range(rounds + 1):
        found = within(rows, radius[rows])
        part = rows_of(objective, rows)
        found = pulled_back(images[rows], found, victim, part, norm)
        best.offer(rows, found)
        low[rows] = torch.where(found.success, low[rows], radius[rows])
        rows = rows[best.success[rows] & (best.cost[rows] > low[rows])]
        radius = (low + torch.where(best.success, best.cost, high)) / 2
        if not len(rows):
            break
    return best.found()


def smallest_by_pgd(
    images: Images,
    victim: Victim,
    objective: Objective,
    norm: Norm,
    *,
    high: float,
    steps: int = 40,
    rounds: int = 8,
) -> Found:
    """The smallest change by PGD: its success at each radius is all that is asked."""

    def within(rows: Tensor, radius: Tensor) -> Found:
        part = rows_of(objective, rows)
        attack = pgd(images[rows], victim, part, eps=radius, rate=2.5 / steps, steps=steps, norm=norm)
        return best_of_each(attack, cost=Length(images[rows], norm))

    return smallest_radius(within, images, victim, objective, norm, high=high, rounds=rounds)
