"""Changes the number of pixels of an image without aliasing."""

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor


def resize(image: Float[Tensor, "n c a b"], size: tuple[int, int]) -> Float[Tensor, "n c h w"]:
    """The image at `size` = (rows, columns): bilinear, widened into a triangle filter when it shrinks.

    Pixel-area convention (`align_corners=False`). Equal sizes return the image itself.
    """
    if (image.shape[-2], image.shape[-1]) == size:
        return image
    return F.interpolate(image, size=size, mode="bilinear", align_corners=False, antialias=True)
