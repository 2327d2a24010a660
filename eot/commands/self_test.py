"""The smallest attack that uses every part: three steps against a linear victim, under real conditions."""

import torch

from eot.attack import Attack, run
from eot.objectives import Targeted
from eot.problem import Problem
from eot.streams import Stream, generator_for
from eot.victims import LinearVictim
from renders.backgrounds import Backgrounds
from renders.camera import Camera
from renders.conditions import Conditions
from renders.scene import Scene
from renders.surfaces.flat import Flat
from textures.parameters import Pixels

SIDE_PX = 16
CONDITIONS = Conditions(
    {"distance_m": (2, 4), "yaw_deg": (-30, 30), "sun": (0, 0.5), "jpeg_quality": (70, 90)}
)


def one_step() -> tuple[float, float]:
    """The loss on the same views before and after three steps: renderer, sensor and optimiser take part."""
    weight = torch.randn(3, 3, SIDE_PX, SIDE_PX, generator=generator_for(0, "weights"))
    grey = torch.full((1, 3, SIDE_PX, SIDE_PX), 0.5)
    camera = Camera(800.0, 640, 480)
    scene = Scene(Flat(0.2, 0.2), camera, Backgrounds(grey), (SIDE_PX, SIDE_PX))
    problem = Problem(scene, ((LinearVictim(weight), 1.0),), Targeted(1))
    texture = Pixels(grey)
    optimiser = torch.optim.Adam(texture.parameters(), lr=0.1)
    train, select = (Stream(CONDITIONS, 0, name, 4) for name in ("train", "select"))
    fixed = select(0)
    before = float(problem(grey, fixed).loss.mean())
    for _ in run(Attack(texture, problem, optimiser, train, select, steps=3)):
        pass
    with torch.no_grad():
        return before, float(problem(texture(), fixed).loss.mean())
