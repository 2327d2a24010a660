"""Colour spaces: sRGB, linear light, CIE XYZ and CIE Lab, all differentiable.

Convention: colours are on the channel axis -3 of `[... 3 h w]`. Linear light 1 is the sRGB white; XYZ has
Y = 1 there. Values outside [0, 1] pass through (the curves go on), nothing is clamped.
"""

import torch
from jaxtyping import Float
from torch import Tensor

# IEC 61966-2-1:1999, amendment 1 (2003): the piecewise curve and the primaries, D65.
SRGB_KNEE = 0.04045
LINEAR_KNEE = 0.04045 / 12.92
RGB_TO_XYZ = (
    (0.4124, 0.3576, 0.1805),
    (0.2126, 0.7152, 0.0722),
    (0.0193, 0.1192, 0.9505),
)
# CIE 15:2004, eq. 8.5: the cube root goes over into a line at (6/29)^3.
LAB_KNEE = (6 / 29) ** 3


def srgb_to_linear(srgb: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """Linear light of sRGB values (IEC 61966-2-1). Range [0, 1] to [0, 1]; below 0 the line goes on."""
    # Clamping before the power keeps its gradient finite where the line is taken.
    power = ((srgb.clamp_min(SRGB_KNEE) + 0.055) / 1.055) ** 2.4
    return torch.where(srgb <= SRGB_KNEE, srgb / 12.92, power)


def linear_to_srgb(linear: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """sRGB values of linear light (IEC 61966-2-1). Range [0, 1] to [0, 1]; below 0 the line goes on."""
    power = linear.clamp_min(LINEAR_KNEE).pow_(1 / 2.4).mul_(1.055).sub_(0.055)
    # The power is the smaller of the two from the knee on, the line before it.
    return torch.minimum(linear * 12.92, power)


def linear_to_xyz(linear: Float[Tensor, "*n 3 h w"]) -> Float[Tensor, "*n 3 h w"]:
    """CIE XYZ (2 degree observer, D65) of linear sRGB; white has Y = 1."""
    return _mixed(linear.new_tensor(RGB_TO_XYZ), linear)


def xyz_to_linear(xyz: Float[Tensor, "*n 3 h w"]) -> Float[Tensor, "*n 3 h w"]:
    """Linear sRGB of CIE XYZ: the exact inverse of `linear_to_xyz`."""
    return _mixed(torch.linalg.inv(xyz.new_tensor(RGB_TO_XYZ)), xyz)


def xyz_to_lab(xyz: Float[Tensor, "*n 3 h w"]) -> Float[Tensor, "*n 3 h w"]:
    """CIE L*a*b* (1976) of XYZ, relative to the sRGB white: L* in [0, 100], white at exactly (100, 0, 0)."""
    ratio = xyz / _white(xyz)
    root = torch.where(ratio > LAB_KNEE, ratio.clamp_min(LAB_KNEE) ** (1 / 3), ratio * (841 / 108) + 4 / 29)
    x, y, z = root.unbind(-3)
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -3)


def lab_to_xyz(lab: Float[Tensor, "*n 3 h w"]) -> Float[Tensor, "*n 3 h w"]:
    """CIE XYZ of L*a*b*: the inverse of `xyz_to_lab`."""
    lightness, a, b = lab.unbind(-3)
    y = (lightness + 16) / 116
    root = torch.stack([y + a / 500, y, y - b / 200], -3)
    return _white(lab) * torch.where(root > 6 / 29, root**3, (root - 4 / 29) * (108 / 841))


def srgb_to_lab(srgb: Float[Tensor, "*n 3 h w"]) -> Float[Tensor, "*n 3 h w"]:
    """CIE L*a*b* of sRGB; the Euclidean distance of two is the colour difference of 1976."""
    return xyz_to_lab(linear_to_xyz(srgb_to_linear(srgb)))


def lab_to_srgb(lab: Float[Tensor, "*n 3 h w"]) -> Float[Tensor, "*n 3 h w"]:
    """sRGB of CIE L*a*b*; outside [0, 1] where the colour cannot be shown."""
    return linear_to_srgb(xyz_to_linear(lab_to_xyz(lab)))


def _white(like: Tensor) -> Tensor:
    """XYZ of the sRGB white as the matrix gives it, so that white is exactly neutral."""
    return like.new_tensor(RGB_TO_XYZ).sum(1)[:, None, None]


def _mixed(matrix: Tensor, image: Tensor) -> Tensor:
    """The matrix applied to the channel axis."""
    return (matrix @ image.flatten(-2)).unflatten(-1, image.shape[-2:])
