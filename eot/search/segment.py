"""The way back: the point nearest to the start, on the line to it, that still fools the victim."""

import torch
from jaxtyping import Float
from torch import Tensor

from eot.objectives import Objective
from eot.problem import Problem
from eot.recipes.ball import STILL
from eot.search.found import Found, Images, fooled
from eot.victims.victim import Victim
from renders.surfaces.screen import Screen
from textures.norms import Norm

ROUNDS = 10


@torch.no_grad()
def pulled_back(
    start: Images, found: Found, victim: Victim, objective: Objective, norm: Norm, rounds: int = ROUNDS
) -> Found:
    """Every success drawn towards its start by bisection; the cost is the length of the change that is left.

    An attack stops somewhere behind the boundary; `rounds` looks bring it within 2^-rounds of the way to
    where this line crosses it. Failures keep their image at no finite cost.
    """
    problem = Problem(Screen(), ((victim, 1.0),), objective)
    change = found.image - start
    near, far = start.new_zeros(len(start)), start.new_ones(len(start))
    image = found.image
    for _ in range(rounds if bool(found.success.any()) else 0):
        middle = (near + far) / 2
        trial = start + _wide(middle, start) * change
        success = fooled(problem(trial, STILL(0)))
        image = torch.where(_wide(success & found.success, start), trial, image)
        near, far = torch.where(success, near, middle), torch.where(success, middle, far)
    length = norm.measure(image - start)
    return Found(image, found.success, torch.where(found.success, length, torch.inf))


def _wide(values: Tensor, like: Float[Tensor, "t c h w"]) -> Tensor:
    return values.reshape(-1, *[1] * (like.ndim - 1))
