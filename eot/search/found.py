"""The best that was found for each example: success first, then the lower cost."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from eot.objectives import Outcome
from textures.norms import Norm

Images = Float[Tensor, "t c h w"]
Cost = Callable[[Images, Outcome, Int[Tensor, " t"]], Float[Tensor, " t"]]


@dataclass(frozen=True)
class Found:
    """An image for each example, whether it fools the victim, and what it costs (loss or distance)."""

    image: Images
    success: Bool[Tensor, " t"]
    cost: Float[Tensor, " t"]

    def rows(self, rows: Int[Tensor, " n"]) -> "Found":
        """Of these examples alone."""
        return Found(self.image[rows], self.success[rows], self.cost[rows])


class Best:
    """Keeps the best image of every example while iterates are offered."""

    def __init__(self, start: Images) -> None:
        """Begins with the start: no success, at no finite cost."""
        self.image = start.clone()
        self.success = torch.zeros(len(start), dtype=torch.bool, device=start.device)
        self.cost = start.new_full((len(start),), torch.inf)

    def offer(self, rows: Int[Tensor, " n"], found: Found) -> None:
        """What was found for these examples is kept where it beats what is there; its image is taken over."""
        more, equal = found.success & ~self.success[rows], found.success == self.success[rows]
        better = more | (equal & (found.cost < self.cost[rows]))
        won = rows[better]
        if 2 * len(won) > len(self.image) and len(rows) == len(self.image):
            # Most of them are new: theirs are taken over as they lie, and only the others are copied.
            old, self.image = self.image, found.image
            self.image[rows[~better]] = old[rows[~better]]
        elif len(won):
            self.image[won] = found.image[better]
        self.success[won], self.cost[won] = found.success[better], found.cost[better]

    def found(self) -> Found:
        """The best of each so far."""
        return Found(self.image, self.success, self.cost)


def fooled(outcome: Outcome) -> Bool[Tensor, " t"]:
    """Success on more than half of the looks: one look, or several at a victim that answers at random."""
    return outcome.success.float().mean(1) > 0.5


def mean_loss(image: Images, outcome: Outcome, rows: Int[Tensor, " t"]) -> Float[Tensor, " t"]:
    """The loss over the looks: the cost where the budget is fixed."""
    return outcome.loss.mean(1)


@dataclass(frozen=True)
class Length:
    """The size of the change from `start` in a norm: the cost where the smallest change is wanted."""

    start: Images
    norm: Norm

    def __call__(self, image: Images, outcome: Outcome, rows: Int[Tensor, " t"]) -> Float[Tensor, " t"]:
        """How far each image is from its start."""
        start = self.start if len(rows) == len(self.start) else self.start[rows]
        return self.norm.measure(image - start)
