"""The Square attack: random search in the l-inf ball that sees scores, never a gradient."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from eot.attack import Attack
from eot.objectives import Objective
from eot.problem import Problem
from eot.random_search import RandomSearch
from eot.recipes.ball import STILL
from eot.slopes import unseen
from eot.victims.victim import Victim
from renders.surfaces.screen import Screen
from textures.norms import Linf
from textures.parameters import Pixels

# The share of the image that a square covers is halved at these queries of 10,000 (the paper, section 4.2).
HALVINGS = (10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000)
Images = Float[Tensor, "t c h w"]


def square(
    images: Images,
    victim: Victim,
    objective: Objective,
    *,
    eps: float,
    queries: int,
    generators: Sequence[torch.Generator],
    first: float = 0.3,
) -> Attack:
    """Squares of ±eps at random places, kept where the loss falls (Andriushchenko et al. 2020, algorithm 2).

    The first query shows vertical stripes of ±eps, the last what was kept.

    Args:
        generators: one for each image: what it draws does not depend on the batch.
        first: the share of the image that the first squares cover.
    """
    texture = Pixels(images, Linf(), eps)
    trials = _squares(images, eps, queries, generators, first)
    search = RandomSearch(texture.parameters(), trials, memory=True)
    problem = Problem(Screen(), ((victim, 1.0),), objective)
    return Attack(texture, problem, search, STILL, STILL, queries - 1, slope=unseen)


@dataclass(frozen=True)
class Squares:
    """Stripes, then squares around the start; of uniform numbers in [0, 1) drawn for each image beforehand.

    Args:
        stripes: a sign per channel and column.
        place: of the square of each query, down and across.
        signs: a sign per query and channel.
    """

    start: Images
    eps: float
    first: float
    stripes: Float[Tensor, "t c w"]
    place: Float[Tensor, "t q 2"]
    signs: Float[Tensor, "t q c"]

    def __call__(self, paint: Images, step: int) -> Iterator[Images]:
        """The one trial of this step."""
        if step == 0:
            yield self._moved(_signs(self.stripes)[:, :, None, :])
            return
        change = self._moved(_signs(self.signs[:, step])[:, :, None, None])
        yield torch.where(self._inside(step), change, paint)

    def _moved(self, signs: Tensor) -> Images:
        return torch.clamp(self.start + self.eps * signs, 0, 1)

    def _inside(self, step: int) -> Tensor:
        """Where the square of this step lies `[t 1 h w]`."""
        height, width = self.start.shape[-2:]
        share = share_of(step, self.place.shape[1], self.first)
        side = max(1, min(round((share * height * width) ** 0.5), height - 1, width - 1))
        free = self.place.new_tensor([height - side + 1, width - side + 1])
        top, left = (self.place[:, step] * free).floor().long().T
        down, across = (torch.arange(n, device=self.start.device) for n in (height, width))
        rows = (down >= top[:, None]) & (down < top[:, None] + side)
        columns = (across >= left[:, None]) & (across < left[:, None] + side)
        return rows[:, None, :, None] & columns[:, None, None, :]


def share_of(query: int, queries: int, first: float) -> float:
    """The area of the squares at a query, as a share of the image."""
    done = 10_000 * query / queries
    return first / 2 ** sum(done > halving for halving in HALVINGS)


def _squares(
    images: Images, eps: float, queries: int, generators: Sequence[torch.Generator], first: float
) -> Squares:
    channels, width = images.shape[1], images.shape[3]
    shapes = ((channels, width), (queries, 2), (queries, channels))
    drawn = [
        [torch.rand(shape, generator=each, dtype=images.dtype) for shape in shapes] for each in generators
    ]
    return Squares(
        images, eps, first, *(torch.stack(column).to(images.device) for column in zip(*drawn, strict=True))
    )


def _signs(uniform: Tensor) -> Tensor:
    return 2 * (uniform < 0.5).to(uniform) - 1
