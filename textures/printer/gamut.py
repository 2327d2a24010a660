"""How much of an article the inks can reach, and how far a print is from the picture."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from textures.printer.difference import difference
from textures.printer.profile import PrintProfile

# A step that is seen side by side, and twice the error of the tables.
SEEN = 2.0


@dataclass(frozen=True)
class Printability:
    """Shares and means over the inked area.

    Args:
        in_gamut: share whose colour the inks reach within ΔE2000 of 2, as if the paper were white.
        mean_difference: ΔE2000 between picture and print, the colour of the paper included.
    """

    in_gamut: float
    mean_difference: float


@torch.no_grad()
def printability(
    profile: PrintProfile, image: Float[Tensor, "t 3 u v"], mask: Float[Tensor, "1 u v"]
) -> Printability:
    """What a printer makes of the inked part of an image (`mask` 1 is ink)."""
    exact = image.double()
    weight = mask.to(exact).expand(len(image), -1, -1)
    reached = (difference(exact, profile.printable(exact)) <= SEEN).double()
    printed = difference(exact, profile(exact))
    area = weight.sum()
    return Printability(float((reached * weight).sum() / area), float((printed * weight).sum() / area))
