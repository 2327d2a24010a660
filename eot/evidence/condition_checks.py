"""Does every condition that varies show in the photographs? One that does not is a promise not kept."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from eot.evidence.findings import Finding, ok, warn
from eot.problem import Problem
from renders.conditions import Condition

BATCHES = 16


@torch.no_grad()
def unseen_conditions(
    problem: Problem,
    image: Float[Tensor, "t 3 u v"],
    stream: Callable[[int], Condition],
    names: Iterable[str],
) -> Finding:
    """Whether the photographs change when views swap their values of one condition after the other.

    A screen has no distance, and a photo brings its own pose: ranges for them change nothing. What shows in
    few views only, such as the mosaic of far ones, is looked for in up to 16 batches of the stream.
    """
    silent, views = list(names), 0
    for index in range(BATCHES):
        condition = stream(index)
        before = problem.photograph(image, condition)
        silent = [name for name in silent if torch.equal(_swapped(problem, image, condition, name), before)]
        views += len(condition)
        if not silent:
            return ok("conditions", "Every condition that varies shows in the photographs.")
    vary = "varies" if len(silent) == 1 else "vary"
    text = f"{', '.join(silent)} {vary}, but none of {views} photographs shows it"
    return warn("conditions", f"{text}: leave them out, or attack from where they show.")


def settings_used(silent: Sequence[str]) -> Finding:
    """Whether every setting that was changed decides something; `silent` names those that do not."""
    if not silent:
        return ok("settings", "Every setting that was changed from its default decides something.")
    decide = "decides" if len(silent) == 1 else "decide"
    return warn("settings", f"{'; '.join(silent)}: set, but {decide} nothing in this run: take out.")


def _swapped(problem: Problem, image: Tensor, condition: Condition, name: str) -> Tensor:
    """The photographs with each view's value of a condition given to the next."""
    return problem.photograph(image, replace(condition, **{name: getattr(condition, name).roll(1)}))
