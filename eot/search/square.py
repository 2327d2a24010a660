"""The Square attack: random search in the l-inf ball that sees scores, never a gradient."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from eot.objectives import Objective
from eot.problem import Problem
from eot.recipes.ball import STILL
from eot.search.found import Best, Found, Images, fooled
from eot.search.rows import all_rows, problem_of
from eot.victims.victim import Victim
from renders.surfaces.screen import Screen

# The share of the image that a square covers is halved at these queries of 10,000 (the paper, section 4.2).
HALVINGS = (10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000)


@dataclass(frozen=True)
class Queried:
    """What the search found, and how often it asked the victim about each example."""

    found: Found
    queries: Int[Tensor, " t"]


def share_of(query: int, queries: int, first: float) -> float:
    """The area of the squares at a query, as a share of the image."""
    done = 10_000 * query / queries
    return first / 2 ** sum(done > halving for halving in HALVINGS)


@torch.no_grad()
def square(
    images: Images,
    victim: Victim,
    objective: Objective,
    *,
    eps: float,
    queries: int,
    generators: Sequence[torch.Generator],
    first: float = 0.3,
) -> Queried:
    """Squares of ±eps at random places, kept where the loss falls (Andriushchenko et al. 2020, algorithm 2).

    An example leaves the batch when the victim is fooled. The first query is the image itself, the second
    vertical stripes of ±eps.

    Args:
        generators: one for each image: what it draws does not depend on the batch.
        first: the share of the image that the first squares cover.
    """
    problem = Problem(Screen(), ((victim, 1.0),), objective)
    best, rows = Best(images), all_rows(images)
    asked = torch.zeros(len(images), dtype=torch.int64, device=images.device)
    trial, low, high = images.clone(), (images - eps).clamp_min(0), (images + eps).clamp_max(1)
    draws = _draws(generators, queries, images)
    for query in range(queries):
        if not len(rows):
            break
        outcome = problem_of(problem, rows)(trial, STILL(0))
        asked[rows] += 1
        if query == 1:  # stripes are the start of the search even where they raise the loss
            best.cost[rows] = torch.inf
        best.offer(rows, Found(trial, fooled(outcome), outcome.loss.mean(1)))
        rows = rows[~best.success[rows]]
        if query == 0:
            stripes = _signs(draws.stripes[rows])[:, :, None, :]
            trial = images[rows] + eps * stripes
        else:
            side = _side(share_of(query, queries, first), images)
            trial = _with_squares(best.image[rows], images[rows], draws.rows(rows), query, side, eps)
        trial = torch.clamp(trial, low[rows], high[rows])
    return Queried(best.found(), asked)


@dataclass(frozen=True)
class Draws:
    """Uniform numbers in [0, 1) for every example and query: place down and across, a sign per channel."""

    stripes: Float[Tensor, "t c w"]
    place: Float[Tensor, "t q 2"]
    signs: Float[Tensor, "t q c"]

    def rows(self, rows: Int[Tensor, " n"]) -> "Draws":
        """Of these examples."""
        return Draws(self.stripes[rows], self.place[rows], self.signs[rows])


def _draws(generators: Sequence[torch.Generator], queries: int, like: Images) -> Draws:
    channels, width = like.shape[1], like.shape[3]
    shapes = ((channels, width), (queries, 2), (queries, channels))
    drawn = [[torch.rand(shape, generator=each, dtype=like.dtype) for shape in shapes] for each in generators]
    return Draws(*(torch.stack(column).to(like.device) for column in zip(*drawn, strict=True)))


def _signs(uniform: Tensor) -> Tensor:
    return 2 * (uniform < 0.5).to(uniform) - 1


def _side(share: float, like: Images) -> int:
    height, width = like.shape[-2:]
    return max(1, min(round((share * height * width) ** 0.5), height - 1, width - 1))


def _with_squares(here: Images, start: Images, draws: Draws, query: int, side: int, eps: float) -> Images:
    """Each image with one square of ±eps around the start, its sign drawn for every channel."""
    height, width = start.shape[-2:]
    free = torch.tensor([height - side + 1, width - side + 1], dtype=start.dtype, device=start.device)
    top, left = (draws.place[:, query] * free).floor().long().T
    down, across = (torch.arange(n, device=start.device) for n in (height, width))
    inside = (down >= top[:, None]) & (down < top[:, None] + side)
    beside = (across >= left[:, None]) & (across < left[:, None] + side)
    mask = inside[:, None, :, None] & beside[:, None, None, :]
    return torch.where(mask, start + eps * _signs(draws.signs[:, query])[:, :, None, None], here)
