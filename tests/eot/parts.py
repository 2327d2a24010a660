"""What the tests of the loop share: a linear victim, and a problem on the screen and in a smooth world."""

import torch
from torch import Tensor

from eot.objectives import Objective, Targeted
from eot.problem import Problem
from eot.victims.linear import LinearVictim
from eot.victims.victim import Victim
from renders.backgrounds import Backgrounds
from renders.camera import Camera
from renders.conditions import Conditions
from renders.scene import Scene
from renders.surfaces.flat import Flat
from renders.surfaces.screen import Screen
from tests.renders.scenes import noise

CLASSES = 3
# Everything that varies smoothly with the light: no quantisation, no clipping at the exposures drawn.
SMOOTH = Conditions(
    {
        "distance_m": (2, 4),
        "yaw_deg": (-30, 30),
        "roll_deg": (-10, 10),
        "sun": (0.1, 0.4),
        "sheen": (0, 0.05),
        "shadow": (0, 0.5),
        "exposure_stops": (-1.5, -1),
        "warmth": (-0.2, 0.2),
        "vignetting": (0, 0.3),
        "distortion": (-0.05, 0.05),
        "defocus_px": (0.3, 1),
        "motion_px": (0, 2),
        "shot_noise": (0.001, 0.002),
        "read_noise": (0.001, 0.002),
        "mosaic": (0, 1),
        "contrast": (0, 0.5),
    }
)
# The same loop on a fraction of the work, where it does not matter what varies.
POSES = Conditions(
    {"distance_m": (2, 4), "yaw_deg": (-30, 30), "read_noise": (0, 0.02), "jpeg_quality": (70, 90)}
)


def linear(side: int = 8, seed: int = 0, dtype: torch.dtype = torch.float32) -> Victim:
    """Random weights over three classes."""
    return LinearVictim(noise(CLASSES, 3, side, side, seed=seed, dtype=dtype) - 0.5)


def on_screen(objective: Objective | None = None, victim: Victim | None = None) -> Problem:
    """A digital problem."""
    return Problem(Screen(), ((victim or linear(), 1.0),), objective or Targeted(1))


def in_the_world(side: int = 8, dtype: torch.dtype = torch.float32) -> Problem:
    """A sign before grey noise, seen by a linear victim."""
    backgrounds = Backgrounds(0.2 + 0.5 * noise(2, 3, 16, 16, seed=5, dtype=dtype))
    scene = Scene(Flat(0.75, 0.75), Camera(60.0, 32, 32), backgrounds, (side, side))
    return Problem(scene, ((linear(side, dtype=dtype), 1.0),), Targeted(1))


def grey(t: int = 1, side: int = 8, dtype: torch.dtype = torch.float32) -> Tensor:
    """Images far enough from black and white."""
    return 0.3 + 0.4 * noise(t, 3, side, side, seed=7, dtype=dtype)
