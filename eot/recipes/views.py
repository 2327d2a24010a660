"""Attacks that must work under a distribution of views: patches, stickers, objects."""

import torch
from jaxtyping import Float
from torch import Tensor

from eot.attack import Attack
from eot.objectives import Objective
from eot.optimisers import cosine
from eot.problem import Problem, Scene
from eot.streams import Stream
from eot.victims.any_victim import AnyVictim
from renders.conditions import Conditions
from textures.parameters import Pixels
from textures.parameters.texture import Texture
from textures.penalties import LabDistance


def expectation_over_transformation(
    texture: Texture,
    scene: Scene,
    victims: tuple[tuple[AnyVictim, float], ...],
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


def texture_3d(
    original: Float[Tensor, "1 3 u v"],
    scene: Scene,
    victims: tuple[tuple[AnyVictim, float], ...],
    objective: Objective,
    conditions: Conditions,
    *,
    seed: int,
    lab: float = 0.0,
    views: int = 10,
    rate: float = 0.05,
    steps: int = 200,
) -> Attack:
    """An object whose texture makes it something else from every side (Athalye et al. 2018, section 3.3).

    It starts at the object's own texture and pays `lab` times its Lab distance to it; `scene` holds the mesh.
    """
    texture = Pixels(original)
    problem = Problem(scene, victims, objective, penalties=(LabDistance(original, lab),) if lab else ())
    optimiser = torch.optim.Adam(texture.parameters(), lr=rate)
    train = Stream(conditions, seed, "train", views)
    select = Stream(conditions, seed, "select", 64)
    return Attack(texture, problem, optimiser, train, select, steps, max(1, steps // 4), cosine)
