"""The convolution that reads the image, with a faster gradient to the image."""

from typing import Any, final

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from eot.victims.twin import Twin, twinned

# Layers of more inputs are as fast backward as forward.
CHANNELS = 4


class Slope(torch.autograd.Function):
    """A strided convolution whose gradient to its input is a convolution too.

    With stride s the s x s pixels of a cell are s² channels of one coarse picture: the gradient to them is a
    convolution of stride 1 with the mirrored kernel. oneDNN's own backward pass into three channels takes
    five times as long as the forward pass. The weights are frozen and get no gradient.
    """

    @staticmethod
    def forward(
        ctx: Any, image: Tensor, weight: Tensor, bias: Tensor | None, stride: int, padding: int
    ) -> Tensor:
        """As `torch.nn.functional.conv2d`."""
        ctx.save_for_backward(weight)
        ctx.shape, ctx.stride, ctx.padding = image.shape[-2:], stride, padding
        return functional.conv2d(image, weight, bias, stride, padding)

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor, None, None, None, None]:
        """The gradient to the image."""
        (weight,), (slope,), s = ctx.saved_tensors, slopes, ctx.stride
        cells, before, after = celled(weight.to(slope.dtype), s, ctx.padding)  # autocast's, if there was one
        height, width = (-(-side // s) for side in ctx.shape)
        # One padding for all edges, and the surplus cut off: filling them by hand takes as long as the rest.
        edge = max(after, before + height - slope.shape[-2], before + width - slope.shape[-1])
        coarse = functional.conv2d(slope, cells.transpose(0, 1).flip(2, 3), padding=edge)
        coarse = coarse[..., edge - after :, edge - after :][..., :height, :width]
        # Channels last, where laying the cells out moves whole runs of memory.
        parts = coarse.permute(0, 2, 3, 1).unflatten(3, (s, s, -1)).permute(0, 1, 3, 2, 4, 5)
        fine = parts.reshape(len(slope), height * s, width * s, -1).permute(0, 3, 1, 2)
        return fine[..., : ctx.shape[0], : ctx.shape[1]], None, None, None, None


def celled(
    weight: Float[Tensor, "o c k k"], stride: int, padding: int
) -> tuple[Float[Tensor, "o d m m"], int, int]:
    """The kernel over cells of stride x stride pixels; how many cells it reads before and after its own."""
    size = weight.shape[-1]
    before, after = -(-padding // stride), (size - 1 - padding) // stride
    cells, first = before + after + 1, before * stride - padding
    last = cells * stride - first - size
    wide = functional.pad(weight, (first, last, first, last))
    parts = wide.unflatten(3, (cells, stride)).unflatten(2, (cells, stride)).permute(0, 3, 5, 1, 2, 4)
    return parts.flatten(1, 3), before, after


@final
class Stem(Twin):
    """The same layer by `Slope`."""

    def forward(self, image: Float[Tensor, "n c h w"]) -> Float[Tensor, "n o i j"]:
        """As the layer it was made of."""
        return Slope.apply(image, self.weight, self.bias, self.stride[0], int(self.padding[0]))


def with_stems(module: nn.Module) -> int:
    """Puts a `Stem` in place of every layer that it speeds up, and says how many."""
    return twinned(module, Stem, _reads_the_image)


def _reads_the_image(layer: nn.Conv2d) -> bool:
    """Whether this is a strided convolution of the image."""
    if layer.in_channels > CHANNELS or layer.padding_mode != "zeros":
        return False
    square = all(len({*pair}) == 1 for pair in (layer.kernel_size, layer.stride, layer.padding))
    plain = layer.groups == 1 and set(layer.dilation) == {1} and not isinstance(layer.padding, str)
    return square and plain and layer.stride[0] > 1 and int(layer.padding[0]) < layer.kernel_size[0]
