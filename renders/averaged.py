"""Several samples a pixel become one colour, without passing over the pixels that show nothing."""

from dataclasses import dataclass
from functools import reduce
from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor


@runtime_checkable
class Spots(Protocol):
    """Pixels of views, such as `Hits`: row * width + column within the view."""

    @property
    def view(self) -> Int[Tensor, " p"]:
        """The view of each."""
        ...

    @property
    def pixel(self) -> Int[Tensor, " p"]:
        """Its pixel there."""
        ...


@dataclass(frozen=True)
class Covered:
    """The pixels of which at least one sample shows the article, in ascending order."""

    view: Int[Tensor, " m"]
    pixel: Int[Tensor, " m"]


class _Sum(torch.autograd.Function):
    """The sum over the samples of each pixel in the order of `box_downsample`, to the same last bit.

    Its gradient is the pixel's to each of its samples. Left to the strided sums of a whole picture, filling
    and adding up pictures of gradients costs more than the lookup itself.
    """

    @staticmethod
    def forward(ctx: Any, rgba: Tensor, place: Tensor, number: Tensor, m: int, factor: int) -> Tensor:
        """`place` is of a sample in factor x factor planes of m pixels, `number` that of its pixel."""
        ctx.save_for_backward(number)
        planes = rgba.new_zeros((*rgba.shape[:2], factor * factor * m)).index_copy_(2, place, rgba)
        rows = reduce(torch.add, planes.unflatten(2, (factor, factor, m)).unbind(2))
        return reduce(torch.add, rows.unbind(2))

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor, None, None, None, None]:
        """The slope of its pixel for every sample."""
        return slopes[0].index_select(2, ctx.saved_tensors[0]), None, None, None, None


def averaged(
    rgba: Float[Tensor, "t 4 p"], samples: Spots, size: tuple[int, int], factor: int
) -> tuple[Float[Tensor, "t 4 m"], Spots]:
    """The mean over factor x factor samples of every pixel that the article shows in, and which those are.

    `size` is that of a view in samples. What a sample does not show counts as nothing, as in
    `box_downsample(layered(...))`.
    """
    if factor == 1:
        return rgba, samples
    width = size[1] // factor
    area = size[0] // factor * width
    row = samples.pixel.div(size[1], rounding_mode="floor")
    column = samples.pixel - row * size[1]
    coarse_row, coarse_column = (each.div(factor, rounding_mode="floor") for each in (row, column))
    cell = samples.view * area + coarse_row * width + coarse_column
    shown = rgba.new_zeros(int(samples.view[-1] + 1) * area if len(cell) else 0, dtype=torch.bool)
    shown[cell] = True
    cells = shown.nonzero()[:, 0]
    numbers = torch.empty_like(shown, dtype=torch.int64)
    numbers[cells] = torch.arange(len(cells), device=cells.device)
    number = numbers[cell]
    plane = (row - coarse_row * factor) * factor + column - coarse_column * factor
    total = _Sum.apply(rgba, plane * len(cells) + number, number, len(cells), factor)
    view = cells.div(area, rounding_mode="floor")
    return total * (1 / factor**2), Covered(view, cells - view * area)
