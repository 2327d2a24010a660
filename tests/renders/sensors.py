"""What the tests of the sensor share: its parts by name, views with some fields set, and random light."""

import dataclasses

import torch
from torch import Tensor

from renders.conditions import Condition, still
from renders.sensor.blur import defocus, motion
from renders.sensor.exposure import expose
from renders.sensor.jpeg import compress
from renders.sensor.mosaic import bayer
from renders.sensor.noise import add_noise
from renders.sensor.optics import distort, vignette
from renders.sensor.tone import curve

ONES = torch.ones(1)
PARTS = {
    "vignette": vignette,
    "distort": distort,
    "defocus": lambda x, c: defocus(x, c, torch.ones(len(c))),
    "motion": lambda x, c: motion(x, c, torch.ones(len(c))),
    "expose": expose,
    "add_noise": lambda x, c: add_noise(x, c, torch.ones(len(c))),
    "bayer": lambda x, c: bayer(x, c, torch.ones(len(c))),
    "curve": curve,
    "compress": compress,
}


def seeing(k: int = 1, **fields: float) -> Condition:
    """k views alike with these fields set; noise seeds 0, 1, 2, ..."""
    values = {name: torch.full((k,), value).to(getattr(still(1), name)) for name, value in fields.items()}
    return dataclasses.replace(still(k), **{"noise_seed": torch.arange(k), **values})


def light(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)
