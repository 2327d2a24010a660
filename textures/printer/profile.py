"""What comes back from a print: the colours of an sRGB image once it is ink on paper, as sRGB again."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from renders.colour import linear_to_srgb, srgb_to_linear
from renders.errors import InputError, nearest

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class PrintProfile:
    """Paper white, black point (sRGB in [0, 1]) and dot gain of a printer; differentiable.

    In linear light each channel is a mixture of paper and ink by the covered share (Murray & Davies 1936);
    the dots spread by `dot_gain` at half coverage, after colour management has done its part.
    Channels do not mix: hue shifts of real inks need a measured profile.
    """

    white: Colour
    black: Colour
    dot_gain: float = 0.0

    def __call__(self, image: Float[Tensor, "t 3 u v"]) -> Float[Tensor, "t 3 u v"]:
        """The printed image under the light that makes unprinted perfect white (1, 1, 1)."""
        ink = 1 - srgb_to_linear(image)
        spread = ink + 4 * self.dot_gain * ink * (1 - ink)
        white, black = (srgb_to_linear(self._channels(c, image)) for c in (self.white, self.black))
        return linear_to_srgb(white + (black - white) * spread)

    def printable(self, image: Float[Tensor, "t 3 u v"]) -> Float[Tensor, "t 3 u v"]:
        """The nearest image whose colours this paper can show."""
        low, high = self._channels(self.black, image), self._channels(self.white, image)
        return torch.maximum(torch.minimum(image, high), low)

    def colours(self, levels: int = 3) -> Float[Tensor, "n 3"]:
        """A regular sample of what can be printed, as seen: levels^3 sRGB colours."""
        steps = torch.linspace(0, 1, levels)
        grid = torch.cartesian_prod(steps, steps, steps)
        return self(grid.T[None, :, :, None])[0, :, :, 0].T

    @staticmethod
    def _channels(colour: Colour, like: Tensor) -> Tensor:
        return like.new_tensor(colour)[:, None, None]


# White and black of the soft proof sRGB -> FOGRA39 (relative colorimetric with black point compensation,
# shown with the colour of the paper).
FOGRA39 = PrintProfile(white=(239 / 255, 241 / 255, 245 / 255), black=(26 / 255, 26 / 255, 27 / 255))

PROFILES: dict[str, PrintProfile | None] = {"none": None, "fogra39": FOGRA39}


def profile_named(name: str) -> PrintProfile | None:
    """The print profile of this name; None for `none`, which prints exactly."""
    if name not in PROFILES:
        raise InputError(f"expected a print profile; got {name!r}: {nearest(name, PROFILES)}")
    return PROFILES[name]
