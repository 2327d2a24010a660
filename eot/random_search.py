"""Random search: changes are tried, each texture keeps what lowers its own loss, no gradient is read.

What is tried is all that differs: pure colours on a patch here, squares of ±eps in eot/recipes/square.py.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from eot.optimisers import Closure
from eot.search.rows import Rows, rows_of
from eot.streams import generator_for

# The share of the paint that a square covers, first and last.
FIRST, LAST = 0.15, 0.002
Paint = Float[Tensor, "t c u v"]
# The trials of a step, from what is kept so far, which may change from one trial to the next. A frozen value.
Trials = Callable[[Paint, int], Iterator[Paint]]


class RandomSearch(torch.optim.Optimizer):
    """Keeps a trial where the loss of that texture falls; `lr` is not used.

    Args:
        memory: the views never change, so the loss of what was kept still stands and the first trial is
            the start of the search. Otherwise what was kept is judged again at every step, on its views:
            the better of two textures must not be the luckier one.
    """

    def __init__(self, parameters: Iterable[Tensor], trials: Trials, memory: bool = False) -> None:
        super().__init__(parameters, {"lr": 1.0})
        self.trials, self.memory = trials, memory

    def step(self, closure: Closure) -> Tensor:  # type: ignore[override]
        """Makes the trials of this step one after the other, each on what the earlier ones left."""
        (paint,) = self.param_groups[0]["params"]
        state = self.state[paint]
        index = int(state.get("step", 0))
        state["step"] = torch.tensor(index + 1)
        loss = state.get("loss", paint.new_full((len(paint),), torch.inf)) if self.memory else closure()
        for trial in self.trials(paint.detach(), index):
            kept = paint.detach().clone()
            with torch.no_grad():
                paint.copy_(trial)
                tried = closure()
                better = tried < loss
                paint.copy_(torch.where(better[:, None, None, None], paint, kept))
            loss = torch.where(better, tried, loss)
        if self.memory:
            state["loss"] = loss
        return loss

    def keep_(self, rows: Rows) -> None:
        """Only the trials of these textures from now on."""
        self.trials = rows_of(self.trials, rows)


@dataclass(frozen=True)
class Colours:
    """Squares of pure colour where the paint matters (Sparse-RS for patches, Croce et al. 2022, section 5).

    Args:
        where: 1 where the paint matters; a square is centred there.
        number: of squares at a step; it costs (number + 1) k queries.
        steps: over which the sides shrink geometrically.
    """

    where: Float[Tensor, "1 u v"]
    number: int
    steps: int
    seed: int

    def __call__(self, paint: Paint, step: int) -> Iterator[Paint]:
        """One square each, of one of the eight pure colours."""
        generator = generator_for(self.seed, "random search", step)
        rows, columns = paint.shape[-2:]
        where = functional.interpolate(self.where[None].float(), size=(rows, columns), mode="area")[0, 0] > 0
        places, progress = where.nonzero(), step / max(1, self.steps - 1)
        side = max(1, round((len(places) * FIRST ** (1 - progress) * LAST**progress) ** 0.5))
        for _ in range(self.number):
            row, column = places[int(torch.randint(len(places), (1,), generator=generator))].tolist()
            top, left = max(0, row - side // 2), max(0, column - side // 2)
            trial = paint.clone()
            colour = torch.randint(2, (paint.shape[1], 1, 1), generator=generator).to(paint)
            trial[:, :, top : top + side, left : left + side] = colour
            yield trial
