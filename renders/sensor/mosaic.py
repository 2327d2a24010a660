"""Bayer mosaic and demosaicing: two of three colours of every pixel are guessed from its neighbours."""

from functools import lru_cache

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from renders.conditions import Condition
from renders.sensor.rows import per_view, where_on

# Malvar, He & Cutler 2004 (figure 2), times 16: gradient-corrected linear interpolation. Chosen over bilinear
# because cheap camera pipelines come close to it, it is linear (exact gradient), and 5x5 taps suffice.
_GREEN = ((0, 0, -2, 0, 0), (0, 0, 4, 0, 0), (-2, 4, 8, 4, -2), (0, 0, 4, 0, 0), (0, 0, -2, 0, 0))
_ALONG_ROW = ((0, 0, 1, 0, 0), (0, -2, 0, -2, 0), (-2, 8, 10, 8, -2), (0, -2, 0, -2, 0), (0, 0, 1, 0, 0))
_ALONG_COLUMN = tuple(zip(*_ALONG_ROW, strict=True))
_DIAGONAL = ((0, 0, -3, 0, 0), (0, 4, 0, 4, 0), (-3, 0, 12, 0, -3), (0, 4, 0, 4, 0), (0, 0, -3, 0, 0))
_SAME = ((0,) * 5, (0,) * 5, (0, 0, 16, 0, 0), (0,) * 5, (0,) * 5)

# Per output channel, the filter at each place of the 2x2 quad, in the order R G / G B.
_FILTERS = (
    (_SAME, _ALONG_ROW, _ALONG_COLUMN, _DIAGONAL),
    (_GREEN, _SAME, _SAME, _GREEN),
    (_DIAGONAL, _ALONG_COLUMN, _ALONG_ROW, _SAME),
)


@lru_cache(maxsize=8)
def _quad_kernel(device: torch.device, dtype: torch.dtype) -> Tensor:
    """The filters as one 3x3 convolution from a quad's 4 values to its 12: `[channel*4 + place, 4, 3, 3]`."""
    kernel = torch.zeros(3, 4, 4, 3, 3)
    for channel, places in enumerate(_FILTERS):
        for place, taps in enumerate(places):
            for row in range(5):
                for column in range(5):
                    y, x = row - 2 + place // 2, column - 2 + place % 2
                    source = (y % 2) * 2 + x % 2
                    kernel[channel, place, source, y // 2 + 1, x // 2 + 1] = taps[row][column] / 16
    return kernel.flatten(0, 1).to(device, dtype)


def mosaic(linear: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n 4 h/2 w/2"]:
    """What an RGGB sensor reads of an image of even size: the four values of each 2x2 quad."""
    red, green, blue = linear.unbind(1)
    quad = (red[:, 0::2, 0::2], green[:, 0::2, 1::2], green[:, 1::2, 0::2], blue[:, 1::2, 1::2])
    return torch.stack(quad, 1)


def demosaic(quads: Float[Tensor, "n 4 a b"]) -> Float[Tensor, "n 3 2*(a-2) 2*(b-2)"]:
    """The colour image from quads, less one quad all around (Malvar, He & Cutler 2004)."""
    return F.pixel_shuffle(F.conv2d(quads, _quad_kernel(quads.device, quads.dtype)), 2)


def through_mosaic(images: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n 3 h w"]:
    """The image after a Bayer sensor and demosaicing; edges are reflected, which keeps the pattern."""
    height, width = images.shape[-2:]
    padded = F.pad(images, (2, 2 + width % 2, 2, 2 + height % 2), mode="reflect")
    return demosaic(mosaic(padded))[..., :height, :width]


def bayer(
    linear: Float[Tensor, "t k 3 h w"], condition: Condition, binning: Float[Tensor, " k"]
) -> Float[Tensor, "t k 3 h w"]:
    """Linear light after mosaic and demosaicing in the views that have a mosaic.

    The effect fades out between 1 and 2 native pixels per image pixel: from 2 on, every image pixel holds a
    whole quad and no colour has to be guessed. Images must be at least 4 pixels on each side.
    """
    share = condition.mosaic * (2 - binning).clamp(0, 1)

    def stage(images: Tensor, rows: Tensor) -> Tensor:
        guessed = through_mosaic(images.flatten(0, 1)).unflatten(0, images.shape[:2])
        weight = per_view(share[rows], images)
        return guessed if bool((weight == 1).all()) else torch.lerp(images, guessed, weight)

    return where_on(linear, share > 0, stage)
