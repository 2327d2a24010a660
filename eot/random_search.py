"""Random search: changes are tried, each texture keeps what lowers its own loss, no gradient is read.

What is tried is all that differs: pure colours on a patch (eot/colour_trials.py), squares of ±eps on an image
(eot/recipes/square.py).
"""

from collections.abc import Callable, Iterable, Iterator

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from eot.optimisers import ALL, Closure
from eot.search.rows import Rows, rows_of

# A trial is shown so many views of the step at a time.
HEAT = 3
# It is dropped once its mean gain falls below this many of its standard errors.
LEAD = 0.3
Paint = Float[Tensor, "t c u v"]
Losses = Float[Tensor, "t k"]
# The trials of a step, from what is kept so far, which may change from one trial to the next. A frozen value.
Trials = Callable[[Paint, int], Iterator[Paint]]


class RandomSearch(torch.optim.Optimizer):
    """Keeps a trial where the loss of that texture falls; `lr` is not used.

    What is held is judged on all k views of a step, then the trials race against it: on a few views at a
    time, view against view, and most of them are dropped after the first few (racing, Maron & Moore 1994).
    A step costs k queries and, for each trial, between 3 and k more.

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
        held = state.get("loss", paint.new_full((len(paint), 1), torch.inf)) if self.memory else closure(ALL)
        for number, trial in enumerate(self.trials(paint.detach(), index)):
            kept = paint.detach().clone()
            with torch.no_grad():
                paint.copy_(trial)
                better, tried = raced(closure, held, number)
                paint.copy_(torch.where(better[:, None, None, None], paint, kept))
            held = torch.where(better[:, None], tried, held)
        if self.memory:
            state["loss"] = held
        return held

    def keep_(self, rows: Rows) -> None:
        """Only the trials of these textures from now on."""
        self.trials = rows_of(self.trials, rows)


def raced(closure: Closure, held: Losses, number: int) -> tuple[Bool[Tensor, " t"], Losses]:
    """Which textures are better than what is held, and their losses; views never asked for are infinite.

    Each trial begins with other views than the one before it, so that no few views decide about all.
    """
    k = held.shape[1]
    heats = [slice(first, min(first + HEAT, k)) for first in range(0, k, HEAT)]
    begin = number % len(heats)
    tried, asked = torch.full_like(held, torch.inf), torch.zeros(k, dtype=torch.bool, device=held.device)
    better = torch.ones(len(held), dtype=torch.bool, device=held.device)
    for heat in heats[begin:] + heats[:begin]:
        tried[:, heat] = closure(heat)
        asked[heat] = True
        gain = (held - tried)[:, asked]
        done = gain.shape[1]
        error = gain.std(1) / done**0.5 if 1 < done < k else torch.zeros_like(gain[:, 0])
        better &= gain.mean(1) > LEAD * error
        if not bool(better.any()):
            break
    return better, tried
