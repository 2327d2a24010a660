"""1 x 1 convolutions of few large pictures, on one thread, as the faster of the two ways torch has."""

from typing import Any, final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from eot.victims.twin import Twin, twinned

AT_LEAST = 16  # torch 2.14 hands 1 x 1 convolutions on one thread to oneDNN from so many pictures on
PIXELS, CHANNELS = 10_000, 8  # below either there is nothing to gain (measured at 10 to 104 px a side)


def spread(
    images: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor | None:
    """The answer of `torch.nn.functional.conv2d`, up to rounding; None where that is as fast by itself.

    To a 1 x 1 convolution, pictures are no more than their pixels. Dealt out as 16 or more pictures they
    take 0.6 to 0.9 of the time, there and back.
    """
    if torch.get_num_threads() > 1 or not _fits(images, weight) or groups != 1:
        return None
    if not _all(stride, 1) or not _all(padding, 0):
        return None
    pictures, _, height, width = images.shape
    pixels = pictures * height * width
    parts = next((n for n in range(AT_LEAST, 2 * AT_LEAST) if pixels % n == 0), None)
    if parts is None:
        return None
    dealt = images.permute(0, 2, 3, 1).reshape(parts, 1, pixels // parts, -1).permute(0, 3, 1, 2)
    answer = torch.conv2d(dealt, weight, bias)
    return answer.permute(0, 2, 3, 1).reshape(pictures, height, width, -1).permute(0, 3, 1, 2)


def _fits(images: Tensor, weight: Tensor) -> bool:
    """Whether these are few pictures of many pixels, pixel after pixel in the memory of a CPU."""
    plain = images.device.type == "cpu" and images.dtype == weight.dtype == torch.float32
    if not plain or images.ndim != 4 or weight.shape[2:] != (1, 1):
        return False
    pictures, _, height, width = images.shape
    large = pictures * height * width >= PIXELS and len(weight) >= CHANNELS
    return pictures < AT_LEAST and large and images.is_contiguous(memory_format=torch.channels_last)


def _all(setting: Any, value: int) -> bool:
    """Whether a setting is the value along both axes."""
    return setting in (value, (value, value), [value, value], (value,), [value])


@final
class Pointwise(Twin):
    """The same layer by `spread`."""

    def forward(self, images: Float[Tensor, "*n c h w"]) -> Float[Tensor, "*n o h w"]:
        """As the layer it was made of, up to rounding."""
        answer = spread(images, self.weight, self.bias)
        return super().forward(images) if answer is None else answer


def with_pointwise(module: nn.Module) -> int:
    """Puts a `Pointwise` in place of every 1 x 1 convolution where one thread runs them; says how many."""
    return twinned(module, Pointwise, _is_pointwise) if torch.get_num_threads() == 1 else 0


def _is_pointwise(layer: nn.Conv2d) -> bool:
    one = layer.kernel_size == layer.stride == (1, 1) and layer.groups == 1
    return one and layer.padding in ((0, 0), "valid")
