"""Changes the number of pixels of an image without aliasing."""

from functools import lru_cache

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

# Weights of at most so many numbers are kept, 16 of them: 64 MB. Larger ones are made faster than used.
KEPT = 2**20


def resize(image: Float[Tensor, "n c a b"], size: tuple[int, int]) -> Float[Tensor, "n c h w"]:
    """The image at `size` = (rows, columns): the mean over each new pixel's area; bilinear where it grows.

    Pixel-area convention (`align_corners=False`). Equal sizes return the image itself.
    """
    image = _shrunk(image, -2, size[0])
    image = _shrunk(image, -1, size[1])
    if (image.shape[-2], image.shape[-1]) == size:
        return image
    return F.interpolate(image, size=size, mode="bilinear", align_corners=False)


def _shrunk(image: Tensor, axis: int, after: int) -> Tensor:
    """The image with one axis brought down to `after` pixels, or as it is when it has fewer."""
    while image.shape[axis] % (2 * after) == 0:
        # Whole factors need no matrix product.
        even, odd = image.unflatten(axis, (-1, 2)).unbind(axis)
        image = (even + odd) * 0.5
    before = image.shape[axis]
    if before <= after:
        return image
    make = _kept_overlap if before * after <= KEPT else _overlap
    weights = make(before, after, image.device, image.dtype)
    return weights @ image if axis == -2 else image @ weights.T


def _overlap(
    before: int, after: int, device: torch.device, dtype: torch.dtype
) -> Float[Tensor, "after before"]:
    """The share that each old pixel has in the area of each new one."""
    scale = before / after
    low = torch.arange(after, dtype=torch.float64)[:, None] * scale
    old = torch.arange(before, dtype=torch.float64)
    overlap = torch.minimum(low + scale, old + 1) - torch.maximum(low, old)
    return (overlap.clamp(min=0) / scale).to(device, dtype)


_kept_overlap = lru_cache(maxsize=16)(_overlap)
