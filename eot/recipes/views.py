"""Attacks that must work under a distribution of views: patches, stickers, objects."""

import torch

from eot.attack import Attack
from eot.objectives import Objective
from eot.optimisers import cosine
from eot.problem import Problem, Scene
from eot.streams import Stream
from eot.victims.victim import Victim
from renders.conditions import Conditions
from textures.parameters.texture import Texture


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
