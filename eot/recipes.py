"""Attacks as recipes: each names its parts and nothing else. The loop is always eot/loop.py."""

import torch
from jaxtyping import Float
from torch import Tensor

from eot.attack import Attack
from eot.objectives import Objective
from eot.optimisers import SteepestDescent, cosine
from eot.problem import Problem, Scene
from eot.streams import Stream
from eot.victims.victim import Victim
from renders.conditions import Conditions
from renders.surfaces.screen import Screen
from textures.norms import Linf, Norm
from textures.parameters import Pixels
from textures.parameters.texture import Texture

STILL = Stream(Conditions({}), seed=0, name="still", k=1)


def pgd(
    images: Float[Tensor, "t 3 h w"],
    victim: Victim,
    objective: Objective,
    *,
    eps: float,
    rate: float,
    steps: int,
    norm: Norm | None = None,
    generator: torch.Generator | None = None,
) -> Attack:
    """Projected gradient descent in an Lp ball on the screen (Madry et al. 2018, eq. 2.3).

    A generator starts it at a random point of the ball; without one it starts at the images.
    """
    norm = norm or Linf()
    texture = Pixels(images, norm, eps)
    if generator is not None:
        texture.scatter_(generator)
    optimiser = SteepestDescent(texture.parameters(), norm, rate)
    problem = Problem(Screen(), ((victim, 1.0),), objective)
    return Attack(texture, problem, optimiser, STILL, STILL, steps)


def fgsm(images: Float[Tensor, "t 3 h w"], victim: Victim, objective: Objective, *, eps: float) -> Attack:
    """The fast gradient sign method: one steepest step of length eps (Goodfellow et al. 2015, section 4)."""
    return pgd(images, victim, objective, eps=eps, rate=eps, steps=1)


def expectation_over_transformation(
    texture: Texture,
    scene: Scene,
    victims: tuple[tuple[Victim, float], ...],
    objective: Objective,
    conditions: Conditions,
    *,
    seed: int,
    views: int = 16,
    rate: float = 0.05,
    steps: int = 400,
) -> Attack:
    """A patch, sticker or object that works under a distribution of views (Athalye et al. 2018, eq. 2)."""
    problem = Problem(scene, victims, objective)
    optimiser = torch.optim.Adam(texture.parameters(), lr=rate)
    train = Stream(conditions, seed, "train", views)
    select = Stream(conditions, seed, "select", 256)
    return Attack(texture, problem, optimiser, train, select, steps, max(1, steps // 20), cosine)
