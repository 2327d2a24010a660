"""A printer as an optimiser needs it: forward what is printed, backward a slope that never runs out.

Beyond the gamut a print hardly changes with its picture, so the exact slope through the table nearly vanishes
in the directions in which the inks end, and what an optimiser that scales its steps (Adam) then follows is
noise. Gamut mapping is close to a projection onto what can be printed; as for other projections and roundings
a slope is passed on as if it were not there (straight-through estimator, Bengio et al. 2013, arXiv:1308.3432,
section 3). But that slope alone does not know which picture prints as the colour that is wanted: a pure blue
comes out duller than one with some green in it. So the two are added.
"""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from textures.printer.profile import PrintProfile

# The share of the slope that is passed on as if nothing were printed, beside all of the exact one.
STRAIGHT = 0.3


@dataclass(frozen=True, eq=False)
class Followed:
    """The printed image of a profile, to the last bit, with its gradient and a share of the image's own."""

    profile: PrintProfile

    def __call__(self, image: Float[Tensor, "t 3 u v"]) -> Float[Tensor, "t 3 u v"]:
        """sRGB in [0, 1] as printed."""
        return self.profile(image) + STRAIGHT * (image - image.detach())
