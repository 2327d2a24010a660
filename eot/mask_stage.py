"""Where a sticker pays: the first stage of RP2 optimises the whole face under an l1 cost and sees what remains."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from eot.attack import Attack, run
from eot.optimisers import cosine
from eot.problem import Problem
from eot.streams import Stream
from textures.parameters import Pixels


@dataclass(frozen=True)
class SparseChange:
    """The mean absolute change of a face, which an optimiser keeps only where it pays (l1)."""

    face: Float[Tensor, "1 3 u v"]
    weight: float

    def __call__(self, image: Float[Tensor, "t 3 u v"]) -> Float[Tensor, " t"]:
        """weight · mean |image - face|."""
        return self.weight * (image - self.face).abs().mean((1, 2, 3))


def mask_stage(
    face: Float[Tensor, "1 3 u v"], problem: Problem, train: Stream, *, steps: int, weight: float = 10.0
) -> Attack:
    """The run whose texture is the whole face under an l1 cost (Eykholt et al. 2018, section 3.3)."""
    texture = Pixels(face)
    sparse = replace(problem, penalties=(*problem.penalties, SparseChange(face, weight)))
    optimiser = torch.optim.Adam(texture.parameters(), lr=0.03)
    return Attack(texture, sparse, optimiser, train, train, steps, schedule=cosine)


def importance(
    face: Float[Tensor, "1 3 u v"], attack: Attack, coverage: Float[Tensor, "1 u v"]
) -> Iterator[Float[Tensor, "1 u v"]]:
    """How much each texel of the face was changed, after every step; the last one is the answer."""
    for _ in run(attack):
        with torch.no_grad():
            change = (attack.texture() - face).abs().amax(1) * coverage
        yield change
