"""JPEG as libjpeg makes and shows it (4:2:0, integer DCT, smooth chroma); straight-through gradient."""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor
from torch.autograd.function import FunctionCtx

from renders.conditions import Condition
from renders.sensor.jpeg_tables import TO_RGB, TO_YCC, integer_dct, tables
from renders.sensor.rows import where_on


def compress(srgb: Float[Tensor, "t k 3 h w"], condition: Condition) -> Float[Tensor, "t k 3 h w"]:
    """The images after 8-bit rounding and JPEG at the quality of each view; quality 0 leaves it untouched."""

    def stage(images: Tensor, rows: Tensor) -> Tensor:
        quality = condition.jpeg_quality[rows].repeat(len(images))
        return jpeg(images.flatten(0, 1), quality).unflatten(0, images.shape[:2])

    return where_on(srgb, condition.jpeg_quality > 0, stage)


def jpeg(
    srgb: Float[Tensor, "n 3 h w"], quality: Float[Tensor, " n"] | Int[Tensor, " n"]
) -> Float[Tensor, "n 3 h w"]:
    """What a decoder shows of each image saved as JPEG at its quality 1 ... 100, in steps of 1/255.

    Follows libjpeg step by step, its integer roundings included, so it equals Pillow's decoded file (4:2:0).
    The gradient is that of the same chain without its roundings (straight through, Bengio et al. 2013): the
    inverse DCT undoes the DCT, what stays are the colour matrices, the halved chroma and the clipping.
    """
    luma, chroma = tables(quality.to(srgb))
    return _Jpeg.apply(srgb, luma, chroma)


class _Jpeg(torch.autograd.Function):
    @staticmethod
    def forward(ctx: FunctionCtx, srgb: Tensor, luma: Tensor, chroma: Tensor) -> Tensor:
        height, width = srgb.shape[-2:]
        y, c = _to_planes(srgb)
        y, y_kept = _through_blocks(_pad(y, 8), luma[:, None])
        c, c_kept = _through_blocks(_pad(c, 8), chroma[:, None])
        y, y_kept = y[..., :height, :width], y_kept[..., :height, :width]
        half = ((height + 1) // 2, (width + 1) // 2)
        c, c_kept = c[..., : half[0], : half[1]], c_kept[..., : half[0], : half[1]]
        rgb = _mix(TO_RGB, torch.cat([y + 128, _upsample(c)[..., :height, :width]], 1)).add_(0.5).floor_()
        kept = (rgb >= 0) & (rgb <= 255)
        ctx.save_for_backward(y_kept, c_kept, kept)
        return rgb.clamp_(0, 255).div_(255)

    @staticmethod
    def backward(ctx: FunctionCtx, grad: Tensor) -> tuple[Tensor, None, None]:
        y_kept, c_kept, kept = ctx.saved_tensors  # type: ignore[attr-defined]
        height, width = grad.shape[-2:]
        ycc = _mix(tuple(zip(*TO_RGB, strict=True)), grad * kept)
        y = ycc[:, :1] * y_kept
        c = _spread(_upsample_transposed(ycc[:, 1:]).mul_(c_kept), height, width)
        return _mix(tuple(zip(*TO_YCC, strict=True)), torch.cat([y, c], 1)), None, None


def _mix(matrix: tuple[tuple[float, ...], ...], image: Tensor) -> Tensor:
    """The 3x3 matrix applied to the colours."""
    return torch.matmul(image.new_tensor(matrix), image.flatten(2)).unflatten(2, image.shape[2:])


def _pad(plane: Tensor, multiple: int) -> Tensor:
    """The plane with its last row and column repeated up to a multiple."""
    height, width = plane.shape[-2:]
    if height % multiple == 0 and width % multiple == 0:
        return plane
    return F.pad(plane, (0, -width % multiple, 0, -height % multiple), mode="replicate")


def _to_planes(srgb: Tensor) -> tuple[Tensor, Tensor]:
    """Luma `[n 1 h w]` and chroma `[n 2 h/2 w/2]`, whole numbers centred on 0.

    libjpeg repeats pixels to the right of the image before it halves the chroma, and halved rows below it.
    """
    height, width = srgb.shape[-2:]
    levels = srgb.mul(255).round_().clamp_(0, 255)
    if height % 2 or width % 16:
        levels = F.pad(levels, (0, -width % 16, 0, height % 2), mode="replicate")
    bias = levels.new_tensor([0.5 - 128, 32767 / 65536, 32767 / 65536])
    ycc = _mix(TO_YCC, levels).add_(bias[:, None, None]).floor_()
    c = ycc[:, 1:]
    sums = c[..., 0::2, 0::2] + c[..., 0::2, 1::2] + c[..., 1::2, 0::2] + c[..., 1::2, 1::2]
    rounding = levels.new_tensor([1.0, 2.0]).repeat(sums.shape[-1] // 2)  # libjpeg alternates the rounding
    return ycc[:, :1, :height, :width], sums.add_(rounding).mul_(0.25).floor_()


def _through_blocks(plane: Tensor, table: Tensor) -> tuple[Tensor, Tensor]:
    """The plane `[n p H W]` after quantised DCT and back, and where it was not clipped.

    Passes, scales and roundings are libjpeg's: rows at 4 times, columns at 8 times the orthonormal
    coefficient.
    """
    n, planes, height, width = plane.shape
    dct = integer_dct(plane.device, plane.dtype)
    rows = torch.matmul(plane.reshape(-1, 8), dct.T * 4).add_(0.5).floor_()
    strips = rows.reshape(n, planes * height // 8, 8, width)
    coefficients = torch.matmul(dct / 4, strips).add_(0.5).floor_()
    blocks = coefficients.unflatten(-1, (width // 8, 8))
    steps = table[:, :, :, None, :]
    # the hair above 1 makes exact halves round away from 0, as libjpeg does
    blocks.mul_((1 + 2**-20) / (8 * steps)).round_().mul_(steps)
    columns = torch.matmul(dct.T * 4, coefficients).add_(0.5).floor_()
    samples = torch.matmul(columns.reshape(-1, 8), dct / 32).add_(0.5).floor_().reshape(plane.shape)
    kept = (samples >= -128) & (samples <= 127)
    return samples.clamp_(-128, 127), kept


def _upsample(chroma: Tensor) -> Tensor:
    """Twice the size by libjpeg's smooth ("fancy") triangle filter; very narrow images are just doubled."""
    if chroma.shape[-1] <= 2:
        return chroma.repeat_interleave(2, -1).repeat_interleave(2, -2)
    doubled = F.interpolate(chroma, scale_factor=2, mode="bilinear", align_corners=False)
    rounding = chroma.new_tensor([8 / 16, 7 / 16]).repeat(chroma.shape[-1])
    return doubled.add_(rounding).floor_()


def _upsample_transposed(grad: Tensor) -> Tensor:
    """The transpose of `_upsample` without its rounding: gradient at full size to gradient at half size."""
    height, width = grad.shape[-2:]
    grad = F.pad(grad, (0, width % 2, 0, height % 2))
    if grad.shape[-1] <= 4:
        return grad[..., 0::2, 0::2] + grad[..., 0::2, 1::2] + grad[..., 1::2, 0::2] + grad[..., 1::2, 1::2]
    return _fold(_fold(grad, -1), -2)


def _fold(grad: Tensor, axis: int) -> Tensor:
    """The transpose of the triangle filter (1/4 3/4) along one axis of even length, edges repeated."""
    even, odd = grad.unflatten(axis, (-1, 2)).unbind(axis)
    half = (even + odd).mul_(0.75)
    count = half.shape[axis]
    half.narrow(axis, 0, count - 1).add_(even.narrow(axis, 1, count - 1), alpha=0.25)
    half.narrow(axis, 1, count - 1).add_(odd.narrow(axis, 0, count - 1), alpha=0.25)
    half.narrow(axis, 0, 1).add_(even.narrow(axis, 0, 1), alpha=0.25)
    half.narrow(axis, count - 1, 1).add_(odd.narrow(axis, count - 1, 1), alpha=0.25)
    return half


def _spread(grad: Tensor, height: int, width: int) -> Tensor:
    """The transpose of halving: a gradient goes in quarters to its four pixels, repeated ones fold back."""
    full = grad.mul(0.25).repeat_interleave(2, -1).repeat_interleave(2, -2)
    if width % 2:
        full[..., width - 1] += full[..., width]
    if height % 2:
        full[..., height - 1, :] += full[..., height, :]
    return full[..., :height, :width]
