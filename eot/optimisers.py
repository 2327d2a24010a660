"""How a texture follows its gradient: steepest descent in a norm, or Adam; and how the rate runs out."""

import math
from collections.abc import Callable, Iterable

import torch
from torch import Tensor

from textures.norms import Norm

Schedule = Callable[[float], float]


class SteepestDescent(torch.optim.Optimizer):
    """p <- p - rate · argmax_{||d|| <= 1} <gradient, d>: sign for l-inf (FGSM, PGD), unit vector for l2.

    Madry et al. 2018, section 2. Each texture of the batch takes a step of its own.
    """

    def __init__(self, parameters: Iterable[Tensor], norm: Norm, lr: float) -> None:
        super().__init__(parameters, {"lr": lr})
        self.norm = norm

    def step(self, closure: Callable[[], float]) -> float:  # type: ignore[override]
        """One step of length `lr` in the norm."""
        loss = closure()
        with torch.no_grad():
            for group in self.param_groups:
                for parameter in group["params"]:
                    parameter.sub_(group["lr"] * self.norm.steepest(parameter.grad))
        return loss


def constant(progress: float) -> float:
    """The rate stays as it is."""
    return 1.0


def cosine(progress: float) -> float:
    """The rate falls to a twentieth along half a cosine; progress runs from 0 to 1."""
    return 0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * progress))


SCHEDULES: dict[str, Schedule] = {"constant": constant, "cosine": cosine}
