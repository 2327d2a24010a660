"""One attack on a batch of examples, each for itself: the best iterate is kept, and who is done leaves."""

from collections.abc import Callable

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from eot.attack import Attack
from eot.loop import Step, descend
from eot.search.found import Best, Cost, Found, fooled, mean_loss
from eot.search.rows import all_rows, keep

Finished = Callable[[Step, Int[Tensor, " t"]], Bool[Tensor, " t"]]


def succeeded(step: Step, rows: Int[Tensor, " t"]) -> Bool[Tensor, " t"]:
    """An example that fools the victim needs no further step."""
    return fooled(step.outcome)


def never(step: Step, rows: Int[Tensor, " t"]) -> Bool[Tensor, " t"]:
    """All examples go to the end, for the lowest loss."""
    return torch.zeros(len(rows), dtype=torch.bool, device=rows.device)


def best_of_each(attack: Attack, finished: Finished = succeeded, cost: Cost = mean_loss) -> Found:
    """The best iterate of every example of the batch, the one after the last step included.

    Args:
        attack: is used up.
        finished: asked after every step which examples leave the batch: they cost nothing from then on.
        cost: what is minimised among iterates of equal success.
    """
    with torch.no_grad():
        best = Best(attack.texture())
    rows, first = all_rows(best.image), 0
    while len(rows) and first < attack.steps:
        first, done = _descend_until(attack, first, rows, best, finished, cost)
        attack, rows = keep(attack, ~done), rows[~done]
    if len(rows):
        with torch.no_grad():
            image = attack.texture().clone()
            outcome = attack.problem(image, attack.select(0))
        best.offer(rows, Found(image, fooled(outcome), cost(image, outcome, rows)))
    return best.found()


def _descend_until(
    attack: Attack, first: int, rows: Tensor, best: Best, finished: Finished, cost: Cost
) -> tuple[int, Tensor]:
    """Steps until an example is finished or none is left: the next step, and who is finished."""
    done = torch.zeros(len(rows), dtype=torch.bool, device=rows.device)
    parts = (attack.texture, attack.problem, attack.optimiser, attack.train)
    steps = range(first, attack.steps)
    for step in descend(*parts, steps, attack.schedule, attack.micro, attack.slope):
        best.offer(rows, Found(step.image, fooled(step.outcome), cost(step.image, step.outcome, rows)))
        done = finished(step, rows)
        first = step.index + 1
        if bool(done.any()):
            break
    return first, done
