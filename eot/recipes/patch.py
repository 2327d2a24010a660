"""Patches made for one image each, and articles that must work under views."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from eot.attack import Attack
from eot.objectives import Objective
from eot.optimisers import SteepestDescent, cosine
from eot.problem import Problem
from eot.recipes.ball import STILL
from eot.victims.victim import Victim
from renders.surfaces.screen import Screen
from textures.norms import Linf
from textures.parameters.patch import Patch


def patch_on_each(
    images: Float[Tensor, "t c h w"],
    victim: Victim,
    objective: Objective,
    *,
    free: Float[Tensor, "t 1 h w"],
    generators: Sequence[torch.Generator],
    steps: int,
    rate: float = 0.1,
) -> Attack:
    """A patch for each image, at a place that is given: sign steps from noise, any colour allowed.

    What Karmon et al. 2018 (LaVAN) measure: a bound for printed ones, which must do for many images.
    """
    texture = Patch(images, free)
    texture.scatter_(generators)
    optimiser = SteepestDescent(texture.parameters(), Linf(), rate)
    problem = Problem(Screen(), ((victim, 1.0),), objective)
    return Attack(texture, problem, optimiser, STILL, STILL, steps, schedule=cosine)
