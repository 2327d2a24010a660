"""Attacks that pay for every change, to find the smallest: Carlini & Wagner, box-constrained L-BFGS."""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import mse_loss

from eot.attack import Attack
from eot.objectives import Objective, margin
from eot.optimisers import BoxLbfgs
from eot.problem import Problem
from eot.recipes.ball import STILL
from eot.victims.victim import Victim
from renders.surfaces.screen import Screen
from textures.parameters import Pixels, Tanh


@dataclass(frozen=True)
class SquaredDistance:
    """weight · ||image - start||², l2, per texture."""

    start: Float[Tensor, "t c h w"]
    weight: Float[Tensor, " t"]

    def __call__(self, image: Float[Tensor, "t c h w"]) -> Float[Tensor, " t"]:
        """What the change costs."""
        squares = mse_loss(image, self.start.expand_as(image), reduction="none")
        return self.weight * squares.sum((1, 2, 3))


def carlini_wagner(
    images: Float[Tensor, "t c h w"],
    victim: Victim,
    objective: Objective,
    *,
    c: Float[Tensor, " t"],
    rate: float = 0.01,
    steps: int = 1000,
) -> Attack:
    """Minimises the margin, down to 0, + ||change||² / c through a tanh (Carlini & Wagner 2017, section V).

    Dividing the paper's ||change||² + c f by c moves no minimum, and Adam is blind to the scale of a loss.

    Args:
        c: how much being misread is worth; see `eot.search.weight` for how it is found.
    """
    images = victim.laid_out(images)
    texture = Tanh(images)
    optimiser = torch.optim.Adam(texture.parameters(), lr=rate, eps=1e-12, fused=True)
    wanted = replace(objective, distance=margin, kappa=0.0)
    problem = Problem(Screen(), ((victim, 1.0),), wanted, penalties=(SquaredDistance(images, 1 / c),))
    return Attack(texture, problem, optimiser, STILL, STILL, steps)


def box_lbfgs(
    image: Float[Tensor, "1 c h w"],
    victim: Victim,
    objective: Objective,
    *,
    c: Float[Tensor, " 1"],
    evaluations: int = 50,
) -> Attack:
    """Minimises loss + ||change||² / c within [0, 1] (Szegedy et al. 2014, section 4.1, its c being our 1/c).

    One image at a time: each has its own line search and its own memory of curvature.
    """
    texture = Pixels(image)
    problem = Problem(Screen(), ((victim, 1.0),), objective, penalties=(SquaredDistance(image, 1 / c),))
    return Attack(texture, problem, BoxLbfgs(texture.parameters(), evaluations), STILL, STILL, 1)
