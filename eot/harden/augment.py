"""What moves in training images without changing what they show."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional


def moved(
    images: Float[Tensor, "n c h w"], shift_px: int, generator: torch.Generator
) -> Float[Tensor, "n c h w"]:
    """Each image moved by up to `shift_px` pixels in rows and columns, its edge repeated behind it."""
    n, _, height, width = images.shape
    padded = functional.pad(images, (shift_px,) * 4, mode="replicate")
    moves = torch.randint(2 * shift_px + 1, (n, 2), generator=generator).tolist()
    return torch.stack(
        [image[:, y : y + height, x : x + width] for image, (y, x) in zip(padded, moves, strict=True)]
    )


def shifts(shift_px: int) -> Callable[[Tensor, torch.Generator], Tensor] | None:
    """`moved` as an augmentation; none at 0."""
    return (lambda images, generator: moved(images, shift_px, generator)) if shift_px else None
