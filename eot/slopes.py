"""Slopes without gradients: what the loop follows where a victim can only be asked.

Each has the signature of `eot.loop.gradient`; the victim sees photographs and nothing is differentiated.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from eot.aims import Outcome
from eot.problem import Problem
from renders.conditions import Condition

Image = Float[Tensor, "t c u v"]
Slope = Callable[[Image, Problem, Condition, int | None], tuple[Image, Outcome]]


@torch.no_grad()
def unseen(
    image: Image, problem: Problem, condition: Condition, micro: int | None = None
) -> tuple[Image, Outcome]:
    """No slope at all, and the outcome: for optimisers that compare losses. Costs k queries."""
    return torch.zeros_like(image), asked(image, problem, condition, micro)


def asked(image: Image, problem: Problem, condition: Condition, micro: int | None) -> Outcome:
    """The outcome, with no more than `micro` views in memory at a time."""
    batch = micro or len(condition)
    parts = [problem(image, condition[i : i + batch]) for i in range(0, len(condition), batch)]
    loss, success = (torch.cat([getattr(part, name) for part in parts], 1) for name in ("loss", "success"))
    return Outcome(loss, success)


@dataclass(frozen=True)
class Nes:
    """The slope estimated from pairs of opposite steps in random directions (Ilyas et al. 2018, algorithm 1).

    slope = mean over pairs of (L(x + s d) - L(x - s d)) d / (2 s), with d normal on a grid of `cells` along
    the longer side. The directions of a step come from its views' seed, so a run can be replayed. Costs
    (2 pairs + 1) k queries.
    """

    pairs: int
    step: float = 0.1
    cells: int = 32

    @torch.no_grad()
    def __call__(
        self, image: Image, problem: Problem, condition: Condition, micro: int | None = None
    ) -> tuple[Image, Outcome]:
        """The estimate for one texture, and the outcome of the texture itself."""
        assert len(image) == 1, "one texture at a time"
        outcome = asked(image, problem, condition, micro)
        generator = torch.Generator().manual_seed(int(condition.noise_seed[0]))
        slope = torch.zeros_like(image)
        for _ in range(self.pairs):
            away = self._direction(image, generator)
            ahead, behind = (
                asked((image + s * self.step * away).clamp(0, 1), problem, condition, micro) for s in (1, -1)
            )
            rise = (ahead.loss - behind.loss).mean() / (2 * self.step)
            slope += rise * away / self.pairs
        return slope, outcome

    def _direction(self, image: Image, generator: torch.Generator) -> Image:
        rows, columns = image.shape[-2:]
        scale = min(1.0, self.cells / max(rows, columns))
        size = (max(1, round(rows * scale)), max(1, round(columns * scale)))
        coarse = torch.randn((*image.shape[:2], *size), generator=generator).to(image)
        return torch.nn.functional.interpolate(coarse, size=(rows, columns), mode="nearest")
