"""What a training step leaves out at random, so that an article comes to depend on no single part or model.

Each wraps a slope (eot/slopes.py) and draws from the seed of the step's views, so a run can be replayed.
"""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from eot.aims import Outcome
from eot.problem import Problem
from eot.slopes import Image, Slope
from eot.streams import generator_for
from renders.conditions import Condition

GREY = 0.5


@dataclass(frozen=True)
class CutOut:
    """A square of the article painted grey, another in every step (Huang et al. 2023, T-SEA, section 3.4).

    Args:
        share: its side over that of the article.
        mask: 1 where the article is painted; nothing else is cut.
    """

    slope: Slope
    share: float
    mask: Float[Tensor, "1 u v"]

    def __call__(
        self, image: Image, problem: Problem, condition: Condition, micro: int | None = None
    ) -> tuple[Image, Outcome]:
        """The slope at the article without the square, nothing within it; the outcome is that article's."""
        kept = 1 - self._square(condition).to(image)
        uphill, outcome = self.slope(image * kept + GREY * (1 - kept), problem, condition, micro)
        return uphill * kept, outcome

    def _square(self, condition: Condition) -> Float[Tensor, "1 u v"]:
        rows, columns = self.mask.shape[-2:]
        height, width = (max(1, round(self.share * side)) for side in (rows, columns))
        dice = generator_for(int(condition.noise_seed[0]), "cut out")
        at = torch.rand(2, generator=dice)
        top, left = int(at[0] * (rows - height + 1)), int(at[1] * (columns - width + 1))
        square = torch.zeros_like(self.mask)
        square[..., top : top + height, left : left + width] = 1
        return square * self.mask


@dataclass(frozen=True)
class SomeModels:
    """So many of the victims, drawn anew in every step in proportion to their weights; they count alike."""

    slope: Slope
    models: int

    def __call__(
        self, image: Image, problem: Problem, condition: Condition, micro: int | None = None
    ) -> tuple[Image, Outcome]:
        """The slope for the models that are drawn, and the outcome before them."""
        weights = torch.tensor([weight for _, weight in problem.victims])
        dice = generator_for(int(condition.noise_seed[0]), "models")
        drawn = torch.multinomial(weights, self.models, generator=dice).sort().values.tolist()
        victims = tuple((problem.victims[i][0], 1 / self.models) for i in drawn)
        return self.slope(image, replace(problem, victims=victims), condition, micro)
