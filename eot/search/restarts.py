"""The same attack from other starts, on those examples that have withstood it so far."""

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Int
from torch import Tensor

from eot.attack import Attack
from eot.search.each import Finished, best_of_each, succeeded
from eot.search.found import Best, Cost, Found, Images, mean_loss
from eot.search.rows import all_rows
from eot.streams import generator_for

Make = Callable[[Int[Tensor, " n"], int], Attack]


def restarted(
    make: Make, images: Images, restarts: int, finished: Finished = succeeded, cost: Cost = mean_loss
) -> Found:
    """The best of each example over the restarts.

    Args:
        make: the attack on these rows of the images, at this restart; it may change the loss from one
            restart to the next, since what withstands one loss may fall to another.
    """
    best, rows = Best(images), all_rows(images)
    for restart in range(restarts):
        if len(rows):
            best.offer(rows, best_of_each(make(rows, restart), finished, cost))
            rows = rows[~best.success[rows]]
    return best.found()


def starts(seed: int, name: str, identities: Sequence[int]) -> list[torch.Generator]:
    """A generator for each example by its number in the data, so that no draw depends on its batch."""
    return [generator_for(seed, name, identity) for identity in identities]
