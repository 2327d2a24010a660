"""How a texture follows its gradient: steepest descent in a norm, or Adam; and how the rate runs out."""

import math
from collections.abc import Callable, Iterable

import numpy as np
import torch
from jaxtyping import Float
from scipy.optimize import Bounds, minimize
from torch import Tensor

from textures.norms import L1, Norm

Schedule = Callable[[float], float]
ALL = slice(None)
# closure(): the mean loss of each texture `[t]`, its slope left in the gradients, as for torch's optimisers.
# closure(views): the losses under those of the step's views `[t k]`.
Closure = Callable[..., Float[Tensor, "t ..."]]


class SteepestDescent(torch.optim.Optimizer):
    """p <- p - rate · argmax_{||d|| <= 1} <gradient, d>: sign for l-inf (FGSM, PGD), unit vector for l2.

    Madry et al. 2018, section 2. Each texture of the batch takes a step of its own, of length lr · reach.

    Args:
        reach: one for each texture, where their balls differ in size.

    In l1, whose step moves few coordinates, those that stand at 0 or 1 already are passed over.
    """

    def __init__(
        self, parameters: Iterable[Tensor], norm: Norm, lr: float, reach: Float[Tensor, " t"] | None = None
    ) -> None:
        super().__init__(parameters, {"lr": lr, "reach": reach})
        self.norm = norm

    def _direction(self, parameter: Tensor, slope: Tensor) -> Tensor:
        if isinstance(self.norm, L1):
            stuck = ((parameter <= 0) & (slope > 0)) | ((parameter >= 1) & (slope < 0))
            slope = torch.where(stuck, 0, slope)
        return self.norm.steepest(slope)

    def step(self, closure: Closure) -> Tensor:  # type: ignore[override]
        """One step of length `lr` in the norm."""
        loss = closure()
        with torch.no_grad():
            for group in self.param_groups:
                for parameter in group["params"]:
                    direction = self._direction(parameter, parameter.grad)
                    if group["reach"] is not None:
                        direction *= group["reach"].reshape(-1, *[1] * (parameter.ndim - 1))
                    parameter.add_(direction, alpha=-group["lr"])
        return loss


class BoxLbfgs(torch.optim.Optimizer):
    """L-BFGS within [0, 1] by SciPy (Byrd et al. 1995); one step is a whole minimisation, of one texture.

    Szegedy et al. 2014, section 4.1. `lr` is not used: the line search finds every length.
    """

    def __init__(self, parameters: Iterable[Tensor], evaluations: int) -> None:
        super().__init__(parameters, {"lr": 1.0})
        self.evaluations = evaluations

    def step(self, closure: Closure) -> float:  # type: ignore[override]
        """Moves the parameter to the minimiser that at most so many evaluations of the closure find."""
        (parameter,) = self.param_groups[0]["params"]

        def put(values: np.ndarray) -> None:
            with torch.no_grad():
                parameter.copy_(torch.from_numpy(values).reshape(parameter.shape))

        def function(values: np.ndarray) -> tuple[float, np.ndarray]:
            put(values)
            loss = float(closure())
            return loss, parameter.grad.detach().cpu().double().flatten().numpy()

        start = parameter.detach().cpu().double().flatten().numpy()
        limits = {"maxfun": self.evaluations, "maxiter": self.evaluations}
        found = minimize(
            function, start, jac=True, method="L-BFGS-B", bounds=Bounds(0.0, 1.0), options=limits
        )
        put(found.x)
        return float(found.fun)


def constant(progress: float) -> float:
    """The rate stays as it is."""
    return 1.0


def cosine(progress: float) -> float:
    """The rate falls to a twentieth along half a cosine; progress runs from 0 to 1."""
    return 0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * progress))


SCHEDULES: dict[str, Schedule] = {"constant": constant, "cosine": cosine}
