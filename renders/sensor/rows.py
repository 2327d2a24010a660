"""Runs a stage of the sensor on the views that use it and leaves all others exactly as they are."""

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float
from torch import Tensor


def where_on(
    images: Float[Tensor, "t k c h w"], is_on: Bool[Tensor, " k"], stage: Callable[[Tensor, Tensor], Tensor]
) -> Float[Tensor, "t k c h w"]:
    """The images with `stage(images of some views, their indices)` in place of the views that are on.

    Views that are off come out bit for bit as they went in, so a batch equals its single views.
    """
    rows = is_on.nonzero().flatten()
    if len(rows) == 0:
        return images
    if len(rows) == images.shape[1]:
        return stage(images, rows)
    return torch.index_copy(images, 1, rows, stage(images.index_select(1, rows), rows))


def per_view(values: Float[Tensor, " k"], images: Float[Tensor, "t k c h w"]) -> Float[Tensor, "k 1 1 1"]:
    """One number per view, shaped and typed to multiply its image."""
    return values.to(images)[:, None, None, None]
