"""Shading: what is seen and how it is lit becomes a layer of light.

The only step of the renderer with gradient to the texture.
"""

from functools import reduce

import torch
from jaxtyping import Float, Int
from torch import Tensor

from renders.averaged import Spots
from renders.conditions import Condition
from renders.environment import Environments
from renders.fragments import Hits
from renders.lights import highlight, irradiance
from renders.lookup import Filter, Pyramid

FAINTEST = 1e-3  # share of a lookup that belongs to the article, below which its colour fades to black


def shade(
    pyramid: Pyramid,
    hits: Hits,
    condition: Condition,
    *,
    how: Filter = Filter.TRILINEAR,
    whole: bool = False,
    environments: Environments | None = None,
    sun_left: Float[Tensor, " p"] | None = None,
) -> Float[Tensor, "t 4 p"]:
    """What every hit shows of the article, premultiplied linear rgba; the t textures share the hits.

    The pyramid holds linear rgb, or rgb premultiplied by coverage and the coverage as a fourth channel.
    On a `whole` article coverage only weighs the texels (normalised convolution, Knutsson & Westin 1993):
    each face that is hit is opaque.
    `sun_left` is what the article's own shadow leaves of the sun (renders/self_shadow.py).
    """
    colour = pyramid.sample(hits.uv, hits.footprint, how)
    rgb, alpha = colour[:, :3], colour[:, 3:]
    if not alpha.shape[1]:
        alpha = torch.ones_like(colour[:, :1])
    elif whole:
        rgb, alpha = rgb / alpha.clamp_min(FAINTEST), torch.ones_like(alpha)
    rgb = rgb * irradiance(hits, condition, environments, sun_left, whole).to(rgb)
    if bool((condition.sheen * condition.sun).any()):
        rgb = rgb + alpha * highlight(hits, condition, sun_left, whole).to(rgb)
    return torch.cat([rgb, alpha], 1)


def layered(
    rgba: Float[Tensor, "t 4 p"], spots: Spots, size: tuple[int, int], k: int
) -> Float[Tensor, "t k 4 h w"]:
    """The article alone, 0 where it is not seen: colours at their pixels of k views of (height, width)."""
    empty = rgba.new_zeros((rgba.shape[0], k * 4 * size[0] * size[1]))
    # Into the new picture itself: a copy of it costs as much as what is put there.
    return empty.index_copy_(1, _places(spots, 4, size), rgba.flatten(1)).unflatten(1, (k, 4, *size))


def painted(
    rgba: Float[Tensor, "t 4 p"], spots: Spots, behind: Float[Tensor, "k 3 h w"]
) -> Float[Tensor, "t k 3 h w"]:
    """Colours at their pixels over what is behind them, in linear light (Porter & Duff 1984, over).

    As a layer composited, without passing over the pixels that do not show it.
    """
    place = _places(spots, 3, (behind.shape[2], behind.shape[3]))
    under = behind.flatten()[place].unflatten(0, (3, -1))
    shown = rgba[:, :3] + under * (1 - rgba[:, 3:])
    pictures = behind.flatten().repeat(len(rgba), 1)
    return pictures.index_copy_(1, place, shown.flatten(1)).unflatten(1, behind.shape)


def _places(spots: Spots, channels: int, size: tuple[int, int]) -> Int[Tensor, " n"]:
    """Where each channel of each of them lies in the k pictures laid out flat."""
    area = size[0] * size[1]
    channel = torch.arange(0, channels * area, area, device=spots.pixel.device)[:, None]
    return (spots.view * (channels * area) + spots.pixel + channel).flatten()


def box_downsample(image: Float[Tensor, "*n h w"], factor: int) -> Float[Tensor, "*n h2 w2"]:
    """The mean over each block of factor x factor pixels: what supersampling ends with, in linear light."""
    if factor == 1:
        return image
    # Strided sums: four times as fast as average pooling on a CPU.
    rows = reduce(torch.add, (image[..., start::factor, :] for start in range(factor)))
    total = reduce(torch.add, (rows[..., start::factor] for start in range(factor)))
    return total * (1 / factor**2)
