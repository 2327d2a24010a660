"""How different two colours look: CIEDE2000, in steps of which one is just noticeable side by side."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from renders.colour import srgb_to_lab

# 25^7, above which chroma counts fully (Sharma, Wu & Dalal 2005, equations 4 and 15).
C7 = 25.0**7


def difference(
    first: Float[Tensor, "*n 3 h w"], second: Float[Tensor, "*n 3 h w"]
) -> Float[Tensor, "*n h w"]:
    """ΔE2000 of two sRGB images in [0, 1], texel by texel."""
    return difference_lab(srgb_to_lab(first), srgb_to_lab(second))


def difference_lab(
    first: Float[Tensor, "*n 3 h w"], second: Float[Tensor, "*n 3 h w"]
) -> Float[Tensor, "*n h w"]:
    """ΔE2000 of two CIE Lab images (CIE 142:2001; Sharma, Wu & Dalal 2005), with all weights 1."""
    (l1, a1, b1), (l2, a2, b2) = first.unbind(-3), second.unbind(-3)
    mean_c7 = ((torch.hypot(a1, b1) + torch.hypot(a2, b2)) / 2) ** 7
    stretch = 1.5 - 0.5 * torch.sqrt(mean_c7 / (mean_c7 + C7))
    a1, a2 = a1 * stretch, a2 * stretch
    c1, c2 = torch.hypot(a1, b1), torch.hypot(a2, b2)
    h1, h2 = torch.atan2(b1, a1), torch.atan2(b2, a2)
    # Hues on a circle: the step the short way round, and the middle of that step.
    grey = c1 * c2 == 0
    step = torch.remainder(h2 - h1 + math.pi, 2 * math.pi) - math.pi
    step = torch.where(grey, torch.zeros_like(step), step)
    hue = torch.where(grey, h1 + h2, h1 + step / 2)
    light, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    d_light, d_chroma = l2 - l1, c2 - c1
    d_hue = 2 * torch.sqrt(c1 * c2) * torch.sin(step / 2)
    off = (light - 50) ** 2
    s_light = 1 + 0.015 * off / torch.sqrt(20 + off)
    s_chroma = 1 + 0.045 * chroma
    s_hue = 1 + 0.015 * chroma * _hue_weight(hue)
    degrees = torch.rad2deg(torch.remainder(hue, 2 * math.pi))
    turn = torch.deg2rad(30 * torch.exp(-(((degrees - 275) / 25) ** 2)))
    chroma7 = chroma**7
    rotation = -2 * torch.sqrt(chroma7 / (chroma7 + C7)) * torch.sin(2 * turn)
    x, y, z = d_light / s_light, d_chroma / s_chroma, d_hue / s_hue
    return torch.sqrt((x**2 + y**2 + z**2 + rotation * y * z).clamp_min(0))


def _hue_weight(hue: Tensor) -> Tensor:
    """T of equation 15: how much a step in hue counts at this hue (radians)."""
    return (
        1
        - 0.17 * torch.cos(hue - math.pi / 6)
        + 0.24 * torch.cos(2 * hue)
        + 0.32 * torch.cos(3 * hue + math.pi / 30)
        - 0.20 * torch.cos(4 * hue - 63 / 180 * math.pi)
    )
