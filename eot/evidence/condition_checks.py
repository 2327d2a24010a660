"""Does every condition that varies show in the photographs? One that does not is a promise not kept."""

from collections.abc import Iterable
from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from eot.evidence.findings import Finding, ok, warn
from eot.problem import Problem
from renders.conditions import Condition


@torch.no_grad()
def unseen_conditions(
    problem: Problem, image: Float[Tensor, "t 3 u v"], condition: Condition, names: Iterable[str]
) -> Finding:
    """Whether the photographs change when the k views swap their values of one condition after the other.

    A screen has no distance, and a photo brings its own pose: ranges for them change nothing.
    """
    before = problem.photograph(image, condition)
    silent = []
    for name in names:
        swapped = replace(condition, **{name: getattr(condition, name).roll(1)})
        if torch.equal(problem.photograph(image, swapped), before):
            silent.append(name)
    if silent:
        vary = "varies" if len(silent) == 1 else "vary"
        text = f"{', '.join(silent)} {vary}, but no photograph shows it on this surface"
        return warn("conditions", f"{text}: leave them out, or attack a surface that has them.")
    return ok("conditions", "Every condition that varies shows in the photographs.")
