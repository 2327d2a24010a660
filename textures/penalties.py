"""What a texture pays for besides its loss: roughness, unprintable colours, distance from the original.

Each penalty is a frozen value: `(image [t 3 u v] sRGB) -> [t]`, a mean over texels times `weight`, so that a
weight means the same at any resolution. A mask `[1 u v]` limits it to the sticker; None is the whole image.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from renders.colour import srgb_to_lab
from textures.printer.profile import PrintProfile

Image = Float[Tensor, "t 3 u v"]
Mask = Float[Tensor, "1 u v"] | None
PerTexture = Float[Tensor, " t"]


def _mean(cost: Float[Tensor, "t u v"], mask: Mask) -> PerTexture:
    """The mean over texels, weighted with the mask."""
    if mask is None:
        return cost.mean((1, 2))
    weight = mask.to(cost)
    return (cost * weight).sum((1, 2)) / weight.sum()


def _steps(image: Tensor, axis: int) -> Tensor:
    return image.narrow(axis, 1, image.shape[axis] - 1) - image.narrow(axis, 0, image.shape[axis] - 1)


@dataclass(frozen=True, eq=False)
class TotalVariation:
    """The mean absolute step between neighbouring texels inside the mask (Rudin, Osher & Fatemi 1992)."""

    weight: float = 1.0
    mask: Mask = None

    def __call__(self, image: Image) -> PerTexture:
        """0 for one flat colour, 1 for a chessboard of black and white texels."""
        mask = torch.ones_like(image[0, :1]) if self.mask is None else self.mask.to(image)
        total, pairs = image.new_zeros(len(image)), image.new_zeros(())
        for axis in (-2, -1):
            size = mask.shape[axis]
            both = mask.narrow(axis, 0, size - 1) * mask.narrow(axis, 1, size - 1)
            total = total + (_steps(image, axis).abs() * both).mean(1).sum((1, 2))
            pairs = pairs + both.sum()
        # A sticker of single texels has no pairs: then there is nothing to pay.
        return self.weight * total / pairs.clamp_min(torch.finfo(image.dtype).tiny)


@dataclass(frozen=True, eq=False)
class NonPrintability:
    """The mean distance of the texels to the nearest of a list of printable colours.

    Sharif et al. 2016, equation 6, with the minimum for the product: it follows the true error of a print
    more closely. A baseline only: it does not know what the print will look like; a print profile does.
    """

    colours: Float[Tensor, "n 3"]
    weight: float = 1.0
    mask: Mask = None

    def __call__(self, image: Image) -> PerTexture:
        """0 if every texel has a colour of the list."""
        texels = image.permute(0, 2, 3, 1)
        colours = self.colours.to(image)
        # One colour at a time: all distances at once would hold n images.
        squared = torch.full_like(texels[..., 0], torch.inf)
        for colour in colours:
            squared = torch.minimum(squared, (texels - colour).square().sum(-1))
        return self.weight * _mean(_root(squared), self.mask)


@dataclass(frozen=True, eq=False)
class OutOfGamut:
    """The mean distance to the nearest colour that the paper of a print profile can show."""

    profile: PrintProfile
    weight: float = 1.0
    mask: Mask = None

    def __call__(self, image: Image) -> PerTexture:
        """0 if the paper can show every texel."""
        squared = (image - self.profile.printable(image)).square().sum(1)
        return self.weight * _mean(_root(squared), self.mask)


@dataclass(frozen=True, eq=False)
class LabDistance:
    """The mean squared CIE Lab distance to the original, in units of 100: what the eye calls different.

    The Lagrangian of Athalye et al. 2018, equation 2; the distance is the CIE 1976 colour difference.
    """

    original: Image
    weight: float = 1.0
    mask: Mask = None

    def __call__(self, image: Image) -> PerTexture:
        """1 where black stands for white."""
        difference = (srgb_to_lab(image) - srgb_to_lab(self.original.to(image))) / 100
        return self.weight * _mean(difference.square().sum(1), self.mask)


@dataclass(frozen=True, eq=False)
class L1Distance:
    """The mean absolute change of the texels."""

    original: Image
    weight: float = 1.0
    mask: Mask = None

    def __call__(self, image: Image) -> PerTexture:
        """RP2's lambda ||M · delta||_1 of its mask stage (Eykholt et al. 2018, section 3.3)."""
        return self.weight * _mean((image - self.original.to(image)).abs().mean(1), self.mask)


@dataclass(frozen=True, eq=False)
class L2Distance:
    """The mean squared change of the texels: the distance term of Carlini & Wagner 2017, equation 5."""

    original: Image
    weight: float = 1.0
    mask: Mask = None

    def __call__(self, image: Image) -> PerTexture:
        """1 where black stands for white."""
        return self.weight * _mean((image - self.original.to(image)).square().mean(1), self.mask)


def _root(squared: Tensor) -> Tensor:
    """The square root, with slope 0 at 0 where its own would be infinite."""
    safe = torch.where(squared > 0, squared, torch.ones_like(squared))
    return torch.where(squared > 0, safe.sqrt(), torch.zeros_like(squared))
