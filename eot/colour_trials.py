"""What random search tries on a patch: plain colours, stripes, then smaller and smaller squares of colour."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from eot.random_search import Paint
from eot.streams import generator_for

# The share of the paint that a square covers, first and last.
FIRST, LAST = 0.10, 0.008
STRIPED = 2


@dataclass(frozen=True)
class Colours:
    """Squares of pure colour where the paint matters (Sparse-RS for patches, Croce et al. 2022, section 5).

    The first step also tries the eight pure colours all over, and stripes of them.

    Args:
        where: 1 where the paint matters; a square is centred there.
        number: of squares at a step.
        steps: over which the sides shrink geometrically.
    """

    where: Float[Tensor, "1 u v"]
    number: int
    steps: int
    seed: int

    def __call__(self, paint: Paint, step: int) -> Iterator[Paint]:
        """The trials of a step; every square is painted on what was kept until then."""
        generator = generator_for(self.seed, "random search", step)
        if step == 0:
            yield from _plain_and_striped(paint, generator)
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


def _plain_and_striped(paint: Paint, generator: torch.Generator) -> Iterator[Paint]:
    """Every pure colour, then stripes across and down, each of a colour of its own."""
    channels, rows, columns = paint.shape[1:]
    for colour in product((0.0, 1.0), repeat=channels):
        yield paint.new_tensor(colour)[None, :, None, None].expand_as(paint)
    for shape in ((channels, rows, 1), (channels, 1, columns)) * STRIPED:
        yield torch.randint(2, shape, generator=generator).to(paint).expand_as(paint)
