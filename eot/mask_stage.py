"""Where a sticker pays: RP2's first stage changes the whole face under an l1 cost and sees what remains."""

from collections.abc import Iterator
from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from eot.attack import Attack, run
from eot.optimisers import cosine
from eot.problem import Problem
from eot.streams import Stream
from textures.parameters import Pixels
from textures.penalties import L1Distance


def mask_stage(
    faces: Float[Tensor, "f 3 u v"], problem: Problem, train: Stream, *, steps: int, weight: float = 10.0
) -> Attack:
    """The run whose texture is every face as a whole under an l1 cost (Eykholt et al. 2018, section 3.3)."""
    texture = Pixels(faces)
    sparse = replace(problem, penalties=(*problem.penalties, L1Distance(faces, weight)))
    optimiser = torch.optim.Adam(texture.parameters(), lr=0.03)
    return Attack(texture, sparse, optimiser, train, train, steps, schedule=cosine)


def importance(
    faces: Float[Tensor, "f 3 u v"], attack: Attack, coverage: Float[Tensor, "1 u v"]
) -> Iterator[Float[Tensor, "1 u v"]]:
    """How much each texel was changed, the mean over the faces, after every step; the last is the answer."""
    for _ in run(attack):
        with torch.no_grad():
            change = (attack.texture() - faces).abs().amax(1).mean(0, keepdim=True) * coverage
        yield change
