"""Random search over a patch: squares of pure colour at random places, kept where the loss falls.

Sparse-RS for patches (Croce et al. 2022, section 5) under changing views: all trials of a step are judged
on the same views, so that the better of two textures is not the luckier one.
"""

from collections.abc import Callable, Iterable

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from eot.streams import generator_for

# The share of the paint that a square covers, first and last.
FIRST, LAST = 0.15, 0.002


class RandomSearch(torch.optim.Optimizer):
    """`trials` squares at a step; sides shrink geometrically over `steps`. No gradient is read.

    Args:
        where: 1 where the paint matters; a square is centred there.
        trials: how many squares are tried on the views of a step; it costs (trials + 1) k queries.
    """

    def __init__(
        self,
        parameters: Iterable[Tensor],
        where: Float[Tensor, "1 u v"],
        *,
        trials: int,
        steps: int,
        seed: int,
    ) -> None:
        super().__init__(parameters, {"lr": 1.0})
        self.where, self.trials, self.steps, self.seed = where, trials, steps, seed

    def step(self, closure: Callable[[], float]) -> float:  # type: ignore[override]
        """Tries its squares one after the other, each on what the earlier ones left."""
        (paint,) = self.param_groups[0]["params"]
        state = self.state[paint]
        index = int(state.get("step", 0))
        state["step"] = torch.tensor(index + 1)
        generator = generator_for(self.seed, "random search", index)
        loss = closure()
        for _ in range(self.trials):
            before = paint.detach().clone()
            with torch.no_grad():
                self._square_(paint, index / max(1, self.steps - 1), generator)
            trial = closure()
            if trial < loss:
                loss = trial
            else:
                with torch.no_grad():
                    paint.copy_(before)
        return loss

    def _square_(self, paint: Tensor, progress: float, generator: torch.Generator) -> None:
        """One square of one of the eight pure colours, centred where the paint matters."""
        rows, columns = paint.shape[-2:]
        where = functional.interpolate(self.where[None].float(), size=(rows, columns), mode="area")[0, 0] > 0
        places = where.nonzero()
        area = float(where.sum()) * FIRST ** (1 - progress) * LAST**progress
        side = max(1, round(area**0.5))
        row, column = places[int(torch.randint(len(places), (1,), generator=generator))].tolist()
        top, left = max(0, row - side // 2), max(0, column - side // 2)
        colour = torch.randint(2, (paint.shape[1], 1, 1), generator=generator).to(paint)
        paint[:, :, top : top + side, left : left + side] = colour
