"""The camera between light and file: what a sensor and its processing make of linear light."""

import torch
from jaxtyping import Float
from torch import Tensor

from renders.conditions import Condition
from renders.sensor.blur import defocus, motion
from renders.sensor.exposure import expose
from renders.sensor.jpeg import compress
from renders.sensor.mosaic import bayer
from renders.sensor.noise import add_noise
from renders.sensor.optics import distort, vignette
from renders.sensor.tone import curve, encode


def develop(
    linear: Float[Tensor, "t k 3 h w"], condition: Condition, binning: Float[Tensor, " k"] | None = None
) -> Float[Tensor, "t k 3 h w"]:
    """The photographs, sRGB in [0, 1], that a camera under each condition makes of linear light.

    Differentiable in the light. Every stage at its off value is exactly the identity; clipping and sRGB
    encoding always happen. A batch equals its single views, and each view replays from its Condition alone.

    Args:
        linear: linear light, 1 = white; t textures under the same k views.
        condition: the k views.
        binning: native camera pixels per image pixel along an axis, >= 1; None = 1. Blur lengths and noise
            are given for native pixels and are divided by it.
    """
    if binning is None:
        binning = torch.ones_like(condition.defocus_px)
    light = vignette(linear, condition)
    light = distort(light, condition)
    light = defocus(light, condition, binning)
    light = motion(light, condition, binning)
    light = expose(light, condition)
    light = add_noise(light, condition, binning)
    light = bayer(light, condition, binning)
    return compress(curve(encode(light), condition), condition)
