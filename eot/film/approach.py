"""The way of a camera that comes nearer: views that follow each other, as frames of a film do."""

import dataclasses
import math

import torch
from torch import Tensor

from renders.conditions import QUANTITIES, Condition, Conditions


def approach(conditions: Conditions, generator: torch.Generator, frames: int) -> Condition:
    """So many views of one drive within the ranges of the conditions.

    The distance falls from the farthest to the nearest at a steady speed; an angle that may be anything goes
    round once; everything else swings smoothly through its range, from a random place in it. Scene, light map
    and other whole numbers are drawn once, the sensor's noise anew in every frame.
    """
    drawn = conditions.sample(generator, frames)
    turns = dict(zip(QUANTITIES, torch.rand(len(QUANTITIES), generator=generator).tolist(), strict=True))
    path = {}
    for name, (low, high) in conditions.ranges.items():
        if low == high or name == "noise_seed":
            continue
        if QUANTITIES[name].integer:
            path[name] = getattr(drawn, name)[:1].expand(frames).clone()
        elif name == "distance_m":
            path[name] = torch.linspace(high, low, frames)
        elif name.endswith("_deg") and high - low >= 360:
            path[name] = low + (high - low) * _part(frames, turns[name]) % (high - low)
        else:
            path[name] = _swing(low, high, _part(frames, turns[name]))
    return dataclasses.replace(drawn, **path)


def _part(frames: int, start: float) -> Tensor:
    """Turns since the beginning, one in all."""
    return start + torch.arange(frames) / max(frames, 1)


def _swing(low: float, high: float, turns: Tensor) -> Tensor:
    """Once through a range and back; rounding never leads out of it."""
    return ((low + high) / 2 + (high - low) / 2 * (2 * math.pi * turns).sin()).clamp(low, high)
