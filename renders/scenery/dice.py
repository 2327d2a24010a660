"""Plain random numbers from one generator."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import torch

Colour = tuple[float, float, float]
T = TypeVar("T")


@dataclass(frozen=True)
class Dice:
    """Draws from a generator; everything in a scene that varies comes from here."""

    generator: torch.Generator

    def between(self, low: float, high: float) -> float:
        """A number, uniform over low ... high."""
        return low + (high - low) * torch.rand((), generator=self.generator).item()

    def count(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return int(torch.randint(low, high + 1, (), generator=self.generator))

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return self.between(0, 1) < probability

    def one_of(self, things: Sequence[T]) -> T:
        """One of the things, all equally likely."""
        return things[self.count(0, len(things) - 1)]

    def side(self) -> int:
        """-1 or 1."""
        return 1 if self.chance(0.5) else -1

    def near(self, colour: Colour, spread: float = 12) -> Colour:
        """A colour (0 ... 255) close to this one: shifted in lightness and, less, in hue."""
        shift = self.between(-spread, spread)
        red, green, blue = (
            max(0.0, min(255.0, c + shift + self.between(-spread, spread) / 2)) for c in colour
        )
        return red, green, blue


def scaled(colour: Colour, gain: float) -> Colour:
    """The colour made darker or lighter."""
    red, green, blue = (min(255.0, c * gain) for c in colour)
    return red, green, blue


def mixed(colour: Colour, other: Colour, share: float) -> Colour:
    """The colour with a share of another in it."""
    red, green, blue = (a + (b - a) * share for a, b in zip(colour, other, strict=True))
    return red, green, blue
