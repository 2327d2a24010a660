"""From light to numbers: clipping, sRGB encoding and an S-shaped tone curve."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import FunctionCtx

from renders.blocks import blockwise
from renders.colour import linear_to_srgb
from renders.conditions import Condition
from renders.sensor.rows import per_view, where_on


class _Encode(torch.autograd.Function):
    """clip and sRGB encoding; the slope follows from the encoded value, so no second power is taken."""

    @staticmethod
    def forward(ctx: FunctionCtx, linear: Tensor) -> Tensor:
        srgb = blockwise(lambda part: linear_to_srgb(part.clamp(0, 1)), linear)
        ctx.save_for_backward(linear, srgb)
        return srgb

    @staticmethod
    def backward(ctx: FunctionCtx, grad: Tensor) -> Tensor:
        linear, srgb = ctx.saved_tensors  # type: ignore[attr-defined]
        return blockwise(_slope, linear, srgb, grad)


def _slope(linear: Tensor, srgb: Tensor, grad: Tensor) -> Tensor:
    # d/dx (1.055 x^(1/2.4) - 0.055) = (srgb + 0.055) / (2.4 x); 12.92 on the straight piece
    slope = srgb.add(0.055).div_(linear.clamp(min=0.001)).mul_(1 / 2.4).clamp_(max=12.92)
    inside = (linear >= 0) & (linear <= 1)
    return slope.mul_(inside).mul_(grad)


class _Curve(torch.autograd.Function):
    """y + c (y² (3 - 2 y) - y) without the ten passes over memory that autograd would make."""

    @staticmethod
    def forward(ctx: FunctionCtx, srgb: Tensor, contrast: Tensor) -> Tensor:
        ctx.save_for_backward(srgb, contrast)
        bend = srgb.mul(-2).add_(3).mul_(srgb).sub_(1).mul_(srgb)
        return torch.addcmul(srgb, bend, contrast)

    @staticmethod
    def backward(ctx: FunctionCtx, grad: Tensor) -> tuple[Tensor, None]:
        srgb, contrast = ctx.saved_tensors  # type: ignore[attr-defined]
        slope = srgb.mul(-6).add_(6).mul_(srgb).sub_(1).mul_(contrast).add_(1)
        return slope.mul_(grad), None


def encode(linear: Float[Tensor, "*b 3 h w"]) -> Float[Tensor, "*b 3 h w"]:
    """sRGB in [0, 1] of linear light, clipped as a sensor clips.

    The gradient of a clipped pixel is 0. That is the physical truth, kept on purpose: an article that works
    only in blown-out light does not work; sampling exposures brings the gradient back on other views.
    """
    return _Encode.apply(linear)


def curve(srgb: Float[Tensor, "t k 3 h w"], condition: Condition) -> Float[Tensor, "t k 3 h w"]:
    """The tone curve y + contrast (y² (3 - 2 y) - y): 0, 1/2 and 1 stay, the middle steepens.

    On encoded values, as cameras do it, because there 1/2 is close to middle grey.
    """

    def stage(images: Tensor, rows: Tensor) -> Tensor:
        return _Curve.apply(images, per_view(condition.contrast[rows], images))

    return where_on(srgb, condition.contrast > 0, stage)
