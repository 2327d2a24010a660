"""Square or oblong windows cut out of an image at any place and scale."""

import math

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F  # noqa: N812


def window(
    image: Float[Tensor, "c h w"],
    left_px: Float[Tensor, " k"],
    top_px: Float[Tensor, " k"],
    width_px: Float[Tensor, " k"],
    size: tuple[int, int],
) -> Float[Tensor, "k c i j"]:
    """k windows of `size` pixels; pixels stay square, so the height follows from the width.

    Convention: pixel-edge coordinates of the image, top-left origin. Outside the image its edge repeats.
    Minified windows are sampled several times per pixel and averaged. The whole image at its own size
    comes back unchanged.
    """
    height, width = image.shape[-2:]
    scale = width_px / size[1]
    n = max(1, math.ceil(float(scale.max()) - 1e-6))
    rows = (torch.arange(size[0] * n).to(image) + 0.5) / n
    columns = (torch.arange(size[1] * n).to(image) + 0.5) / n
    x = (left_px[:, None] + columns * scale[:, None]) / width * 2 - 1
    y = (top_px[:, None] + rows * scale[:, None]) / height * 2 - 1
    shape = (len(scale), len(rows), len(columns))
    grid = torch.stack([x[:, None, :].expand(shape), y[:, :, None].expand(shape)], -1)
    # The batch is folded into the grid's height: one image, many windows, no copies of the image.
    cut = F.grid_sample(
        image[None], grid.flatten(0, 1)[None], mode="bilinear", padding_mode="border", align_corners=False
    )
    cut = cut[0].unflatten(1, shape[:2]).transpose(0, 1)
    return F.avg_pool2d(cut, n) if n > 1 else cut
