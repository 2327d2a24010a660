"""Exposure and white balance: one gain per view and channel on linear light."""

import torch
from jaxtyping import Float
from torch import Tensor

from renders.conditions import Condition
from renders.sensor.rows import where_on


def expose(linear: Float[Tensor, "t k 3 h w"], condition: Condition) -> Float[Tensor, "t k 3 h w"]:
    """Linear light times 2^stops, red times 2^(warmth/2), blue 2^(-warmth/2), green 2^tint."""
    stops, warmth, tint = condition.exposure_stops, condition.warmth, condition.tint
    channels = torch.stack([stops + warmth / 2, stops + tint, stops - warmth / 2], 1)
    gains = torch.exp2(channels).to(linear)[:, :, None, None]
    return where_on(linear, (channels != 0).any(1), lambda images, rows: images * gains[rows])
