"""Defocus and motion blur: one point spread function per view, applied as one grouped convolution."""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from renders.conditions import Condition
from renders.sensor.rows import where_on

_SHIFTS = 128  # of a motion blur: fixed, so that a batch equals its single views


def gaussian_kernels(sigma: Float[Tensor, " k"], radius: int) -> Float[Tensor, "k taps"]:
    """The discrete analogue of the Gaussian (Lindeberg 1990, eq. 19), of variance sigma² px² exactly.

    Unlike a sampled Gaussian it is right far below one pixel, and two blurs in a row add their variances.
    Taken from its Fourier series exp(sigma² (cos w - 1)). Each kernel ends at its own 4 sigma + 1, whatever
    the others need, so that a batch equals its single views.
    """
    period = 4 * radius + 4
    w = torch.arange(period, device=sigma.device).to(sigma) * (2 * math.pi / period)
    taps = torch.arange(-radius, radius + 1, device=sigma.device).to(sigma)
    spectrum = torch.exp(sigma.square()[:, None] * (torch.cos(w) - 1))
    kernel = spectrum @ torch.cos(w[:, None] * taps) / period
    kernel = kernel.clamp(min=0) * (taps.abs() <= (4 * sigma).ceil()[:, None] + 1)
    return kernel / kernel.sum(1, keepdim=True)


def line_kernels(
    length: Float[Tensor, " k"], angle_deg: Float[Tensor, " k"], radius: int
) -> Float[Tensor, "k n n"]:
    """The average of bilinear shifts along a centred line: what an exposure of a steadily moving image sees.

    length in pixels; angle 0 = along the row, 90 = along the column. n = 2 radius + 1.
    """
    along = (torch.arange(_SHIFTS, device=length.device).to(length) + 0.5) / _SHIFTS - 0.5
    reach = length[:, None] * along
    angle = torch.deg2rad(angle_deg)[:, None]
    taps = torch.arange(-radius, radius + 1, device=length.device).to(length)
    across = (1 - (taps - (reach * torch.cos(angle))[..., None]).abs()).clamp(min=0)
    down = (1 - (taps + (reach * torch.sin(angle))[..., None]).abs()).clamp(min=0)
    return torch.einsum("ksy,ksx->kyx", down, across) / _SHIFTS


def _convolve(images: Tensor, kernels: Float[Tensor, "k a b"]) -> Tensor:
    """Every view with its own odd-sized kernel; the edge of the image is continued."""
    t, k, channels = images.shape[:3]
    pad_y, pad_x = kernels.shape[-2] // 2, kernels.shape[-1] // 2
    padded = F.pad(images.flatten(0, 1), (pad_x, pad_x, pad_y, pad_y), mode="replicate")
    weight = kernels.repeat_interleave(channels, 0).repeat(t, 1, 1)[:, None]
    blurred = F.conv2d(padded.flatten(0, 1)[None], weight, groups=t * k * channels)
    return blurred.reshape(images.shape)


def gaussian_blur(
    images: Float[Tensor, "t k c h w"], sigma_px: Float[Tensor, " k"]
) -> Float[Tensor, "t k c h w"]:
    """Each view blurred by a Gaussian of its own standard deviation, in two passes; 0 leaves it untouched."""

    def stage(images: Tensor, rows: Tensor) -> Tensor:
        radius = math.ceil(4 * float(sigma_px[rows].max())) + 1
        kernels = gaussian_kernels(sigma_px[rows].to(images), radius)
        return _convolve(_convolve(images, kernels[:, None, :]), kernels[:, :, None])

    return where_on(images, sigma_px > 0, stage)


def defocus(
    linear: Float[Tensor, "t k 3 h w"], condition: Condition, binning: Float[Tensor, " k"]
) -> Float[Tensor, "t k 3 h w"]:
    """Light blurred by a Gaussian of defocus_px native pixels."""
    return gaussian_blur(linear, condition.defocus_px / binning)


def motion(
    linear: Float[Tensor, "t k 3 h w"], condition: Condition, binning: Float[Tensor, " k"]
) -> Float[Tensor, "t k 3 h w"]:
    """Light smeared along a line of motion_px native pixels towards motion_deg (counter-clockwise)."""
    length = condition.motion_px / binning

    def stage(images: Tensor, rows: Tensor) -> Tensor:
        radius = math.ceil(float(length[rows].max()) / 2)
        angle_deg = condition.motion_deg[rows].to(images)
        return _convolve(images, line_kernels(length[rows].to(images), angle_deg, radius))

    return where_on(linear, length > 0, stage)
