"""A printer as an optimiser needs it: forward what is printed, backward the slope at what is printed.

Beyond the gamut a print hardly changes with its picture, so the exact slope through the table nearly vanishes
in the directions in which the inks end, and what an optimiser that scales its steps (Adam) then follows is
noise. Gamut mapping is close to a projection onto what can be printed; as for other projections and
roundings the slope is passed on as if it were not there (straight-through estimator, Bengio et al. 2013,
arXiv:1308.3432, section 3). A picture driven beyond the gamut stays at its edge, as at black and white.
"""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from textures.printer.profile import PrintProfile


@dataclass(frozen=True, eq=False)
class Followed:
    """The printed image of a profile, to the last bit, with the gradient of an image printed exactly."""

    profile: PrintProfile

    def __call__(self, image: Float[Tensor, "t 3 u v"]) -> Float[Tensor, "t 3 u v"]:
        """sRGB in [0, 1] as printed."""
        there = image.detach()
        return self.profile(there) + (image - there)
