"""The one loop. It knows none of the parts; every attack is this loop with other parts."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from eot.objectives import Outcome
from eot.optimisers import ALL, Schedule, constant
from eot.problem import Problem
from eot.slopes import Slope
from renders.conditions import Condition
from textures.parameters.texture import Texture


@dataclass(frozen=True)
class Step:
    """An iterate with its own outcome: the image is what was photographed, not what came after."""

    index: int
    image: Float[Tensor, "t c u v"]
    outcome: Outcome


def gradient(
    image: Float[Tensor, "t c u v"], problem: Problem, condition: Condition, micro: int | None = None
) -> tuple[Float[Tensor, "t c u v"], Outcome]:
    """The gradient of the mean loss over the k views, and their outcome.

    `micro` views are held in memory at a time; the result is the same up to the order of the sum.
    """
    leaf = image.detach().requires_grad_()
    k = len(condition)
    outcomes = []
    for first in range(0, k, micro or k):
        # The views as they are where they fit: slicing their forty fields takes longer than a small net.
        outcome = problem(leaf, condition[first : first + micro] if micro else condition)
        (outcome.loss.sum() / k).backward()
        outcomes.append(Outcome(outcome.loss.detach(), outcome.success))
    assert leaf.grad is not None
    loss, success = (torch.cat([getattr(o, name) for o in outcomes], 1) for name in ("loss", "success"))
    return leaf.grad, Outcome(loss, success)


def descend(
    texture: Texture,
    problem: Problem,
    optimiser: torch.optim.Optimizer,
    stream: Callable[[int], Condition],
    steps: range,
    schedule: Schedule = constant,
    micro: int | None = None,
    slope: Slope = gradient,
) -> Iterator[Step]:
    """Minimise E[loss] over the texture's parameters, yielding every iterate before it is changed.

    Callers stop by `break`, log by reading, checkpoint by saving. `steps` may start anywhere: step i draws
    `stream(i)` and nothing else, so a run resumes exactly. Conditions are drawn outside the closure, so a
    line search sees one function. The iterate after the last step is `texture()`. Where the victim can only
    be asked, `slope` is one of eot/slopes.py.
    """
    rates = [group["lr"] for group in optimiser.param_groups]
    for index in steps:
        condition = stream(index)
        seen: list[tuple[Tensor, Outcome]] = []

        def closure(
            views: slice | None = None,
            condition: Condition = condition,
            seen: list[tuple[Tensor, Outcome]] = seen,
        ) -> Tensor:
            optimiser.zero_grad()
            image = texture()
            some = condition if views in (None, ALL) else condition[views]
            uphill, outcome = slope(image.detach(), problem, some, micro)
            if image.is_leaf:  # the image is the parameter: nothing to go back through, nothing to copy
                image.grad = uphill
            else:
                image.backward(uphill)
            if not seen:  # A copy where it lies in a parameter, which the optimiser is about to change.
                lent = image.is_leaf or image._is_view()
                seen.append((image.detach().clone() if lent else image.detach(), outcome))
            return outcome.loss.mean(1) if views is None else outcome.loss

        for group, rate in zip(optimiser.param_groups, rates, strict=True):
            group["lr"] = rate * schedule(index / max(steps.stop, 1))
        optimiser.step(closure)  # type: ignore[arg-type]  # torch's know one loss; ours, one of each texture
        for group, rate in zip(optimiser.param_groups, rates, strict=True):
            group["lr"] = rate
        texture.project_()
        yield Step(index, *seen[0])
