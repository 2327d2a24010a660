"""The ONNX operators that slide a window over pictures: Conv, MaxPool and AveragePool, as torch."""

import math
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from eot.victims.onnx_shapes import Attributes, NotUnderstoodError, given


def _pads(a: Attributes) -> list[int]:
    auto = a.get("auto_pad", "NOTSET")
    if auto not in ("NOTSET", "VALID"):
        raise NotUnderstoodError(f"auto_pad = {auto}")
    pads = [0, 0, 0, 0] if auto == "VALID" else list(a.get("pads", [0, 0, 0, 0]))
    if len(pads) != 4:
        raise NotUnderstoodError(f"pads = {pads}")
    return pads


def padded(x: Tensor, a: Attributes, fill: float = 0.0) -> Tensor:
    """The picture with the padding that a convolution or pooling asks for."""
    if x.ndim != 4:
        raise NotUnderstoodError(f"{x.ndim} dimensions")
    top, left, bottom, right = _pads(a)
    return functional.pad(x, (left, right, top, bottom), value=fill) if top + left + bottom + right else x


def convolve(i: list[Any], a: Attributes) -> Tensor:
    """Conv in two dimensions."""
    strides, dilations = a.get("strides", [1, 1]), a.get("dilations", [1, 1])
    return functional.conv2d(padded(i[0], a), i[1], given(i, 2), strides, 0, dilations, a.get("group", 1))


def _rounds_up(x: Tensor, a: Attributes) -> bool:
    """Whether a last window that does not fit whole is counted too."""
    strides, dilations = a.get("strides", [1, 1]), a.get("dilations", [1, 1])
    top, left, bottom, right = _pads(a)
    left_over = [
        (length - dilation * (kernel - 1) - 1) % stride
        for length, kernel, stride, dilation in zip(
            (x.shape[-2] + top + bottom, x.shape[-1] + left + right),
            a["kernel_shape"],
            strides,
            dilations,
            strict=True,
        )
    ]
    return bool(a.get("ceil_mode")) and any(left_over)


def _windows(x: Tensor, a: Attributes, fill: float) -> tuple[Tensor, list[int]]:
    """The picture to pool, and the padding that is left to torch: all of it where the last window is cut."""
    top, left, bottom, right = _pads(a)
    if len(a["kernel_shape"]) != 2 or x.ndim != 4:
        raise NotUnderstoodError(f"{x.ndim} dimensions")
    if not _rounds_up(x, a):
        return padded(x, a, fill), [0, 0]
    kernel = a["kernel_shape"]
    if (top, left) != (bottom, right) or 2 * top > kernel[0] or 2 * left > kernel[1]:
        raise NotUnderstoodError(f"ceil_mode = 1 and pads = {[top, left, bottom, right]}")
    return x, [top, left]


def max_pool(i: list[Any], a: Attributes) -> Tensor:
    """MaxPool in two dimensions."""
    x, padding = _windows(i[0], a, -math.inf)
    strides, dilations = a.get("strides", [1, 1]), a.get("dilations", [1, 1])
    return functional.max_pool2d(
        x, a["kernel_shape"], strides, padding, dilations, ceil_mode=_rounds_up(i[0], a)
    )


def average_pool(i: list[Any], a: Attributes) -> Tensor:
    """AveragePool in two dimensions; padding counts only where `count_include_pad` says so."""
    kernel, strides, counted = a["kernel_shape"], a.get("strides", [1, 1]), bool(a.get("count_include_pad"))
    x, padding = _windows(i[0], a, 0.0)
    if _rounds_up(i[0], a):
        if counted and any(padding):
            raise NotUnderstoodError("ceil_mode = 1 and count_include_pad = 1")
        return functional.avg_pool2d(x, kernel, strides, padding, True, False)
    total = functional.avg_pool2d(x, kernel, strides)
    if counted or not any(_pads(a)):
        return total
    share = functional.avg_pool2d(padded(torch.ones_like(i[0][:1, :1]), a), kernel, strides)
    return total / share
