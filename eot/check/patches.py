"""The patch parts: a square on each image, made for it, and noise in the same place."""

import torch

from eot.check.ledger import Ledger
from eot.check.looks import Measure, Seen, once
from eot.check.plan import Plan
from eot.check.subject import Subject
from eot.objectives import margin
from eot.recipes.patch import patch_on_each
from eot.search.each import best_of_each
from eot.search.restarts import starts
from textures.parameters.patch import squares


def patch(area: float, blind: bool = False) -> Measure:
    """A patch for each image; with `blind` the noise that it starts from."""

    def measure(subject: Subject, plan: Plan, ledger: Ledger, rows: list[int]) -> Seen:
        chosen = torch.tensor(rows)
        images = subject.images[chosen]
        # A stream of its own: the place does not depend on what is painted there.
        places = squares(starts(plan.seed, "check-place", rows), (images.shape[-2], images.shape[-1]), area)
        attack = patch_on_each(
            images,
            subject.victim,
            subject.goal(chosen, margin),
            free=places.to(images),
            generators=starts(plan.seed, "check-patch", rows),
            steps=0 if blind else 2 * plan.steps,
        )
        return once(best_of_each(attack).success)

    return measure
