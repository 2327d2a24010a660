"""A run: descend on the train stream, judge iterates on the select stream, keep the best."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from eot.loop import descend, gradient
from eot.optimisers import Schedule, constant
from eot.problem import Problem
from eot.slopes import Slope
from eot.streams import Frozen, Stream
from textures.parameters.texture import Texture

Views = Stream | Frozen


@dataclass(frozen=True)
class Attack:
    """The parts of a run, ready to go. A recipe is a function that returns one."""

    texture: Texture
    problem: Problem
    optimiser: torch.optim.Optimizer
    train: Views
    select: Views
    steps: int
    select_every: int = 0
    schedule: Schedule = constant
    micro: int | None = None
    slope: Slope = gradient


@dataclass(frozen=True)
class Judged:
    """An iterate's standing on the select stream: the higher, the better (success first, then -loss)."""

    index: int
    success: float
    loss: float
    image: Float[Tensor, "t c u v"]

    def beats(self, other: "Judged | None") -> bool:
        """Whether this one is to be kept over the other; never without a finite loss."""
        if other is None or not math.isfinite(self.loss):
            return math.isfinite(self.loss)
        return (self.success, -self.loss) > (other.success, -other.loss)


@dataclass(frozen=True)
class Progress:
    """What one step came to: training figures of the iterate, and the best judged so far."""

    index: int
    loss: float
    success: float
    judged: Judged | None
    best: Judged | None


@torch.no_grad()
def judge(attack: Attack, image: Float[Tensor, "t c u v"], index: int) -> Judged:
    """The iterate on the select stream: always the same views, so that candidates compare on equal terms.

    No more views are in memory at a time than a step of training holds.
    """
    condition, batch = attack.select(0), attack.micro or attack.train.k
    parts = [attack.problem(image, condition[i : i + batch]) for i in range(0, len(condition), batch)]
    success, loss = (torch.cat([getattr(part, name) for part in parts], 1) for name in ("success", "loss"))
    return Judged(index, float(success.float().mean()), float(loss.mean()), image)


def run(attack: Attack, first: int = 0, best: Judged | None = None) -> Iterator[Progress]:
    """Steps `first` to the last, each with its figures; the last iterate is judged too.

    The state to resume from is the texture, the optimiser, the next index and the best: with those put
    back, a run that was cut off anywhere ends in the same bytes.
    """
    steps = range(first, attack.steps)
    loop = descend(
        attack.texture,
        attack.problem,
        attack.optimiser,
        attack.train,
        steps,
        attack.schedule,
        attack.micro,
        attack.slope,
    )
    for step in loop:
        judged = None
        last = step.index == attack.steps - 1
        if last or (attack.select_every and (step.index + 1) % attack.select_every == 0):
            # The parameters have moved on from step.image: judge what a checkpoint would hold.
            with torch.no_grad():
                judged = judge(attack, attack.texture().clone(), step.index + 1)
            best = judged if judged.beats(best) else best
        outcome = step.outcome
        yield Progress(
            step.index, float(outcome.loss.mean()), float(outcome.success.float().mean()), judged, best
        )
