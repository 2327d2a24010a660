"""Rates by distance and yaw, so that a good average cannot hide a place where the attack fails."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from jaxtyping import Bool, Float
from torch import Tensor

from eot.evidence.evaluation import ATTACK, CLEAN, NOISE, Evaluation
from eot.evidence.statistics import Rate, rate_of

ENOUGH = 20


@dataclass(frozen=True)
class Cell:
    """The counted views between two distances and two yaws; the upper edge belongs to the next cell."""

    distance_m: tuple[float, float]
    yaw_deg: tuple[float, float]
    attack: Rate
    noise: Rate
    clean: Rate
    """Recognition of the clean article over all views of the cell, counted or not."""

    @property
    def enough(self) -> bool:
        """Whether the cell has views enough to be read as a rate."""
        return self.attack.n >= ENOUGH


@dataclass(frozen=True)
class Cells:
    """The distance x yaw table, row by row: near to far, left to right."""

    distance_edges_m: tuple[float, ...]
    yaw_edges_deg: tuple[float, ...]
    cells: tuple[Cell, ...]

    @property
    def rows(self) -> tuple[tuple[Cell, ...], ...]:
        """The cells of each distance."""
        width = len(self.yaw_edges_deg) - 1
        return tuple(self.cells[i : i + width] for i in range(0, len(self.cells), width))


def edges_over(values: Float[Tensor, " n"], bins: int) -> tuple[float, ...]:
    """About `bins` bins with round edges that hold all values; one bin where they are all equal."""
    from matplotlib.ticker import MaxNLocator  # heavy, and needed by reports only

    low, high = float(values.min()), float(values.max())
    if high - low < 1e-9:
        return low, low
    ticks = MaxNLocator(nbins=bins, steps=[1, 1.5, 2, 2.5, 3, 5, 10]).tick_values(low, high)
    step = float(ticks[1] - ticks[0])
    first, last = _rounded(low, step, down=True), _rounded(high, step, down=False)
    count = round((last - first) / step)
    if math.isclose(count * step, last - first, rel_tol=1e-6):
        # Equal bins from end to end, -45 to -15 to 15 to 45, before bins on multiples of the step.
        return tuple(round(first + i * step, 6) for i in range(count + 1))
    inside = [round(float(tick), 6) for tick in ticks if low < tick < high]
    # A sliver at either end joins its neighbour: it would hold too few views to say anything.
    inside = [tick for tick in inside if low + step / 4 <= tick <= high - step / 4]
    return (first, *inside, last)


def _rounded(value: float, step: float, *, down: bool) -> float:
    """The value to two digits of the step, outwards, so that an edge reads 3 and not 3.0004."""
    unit = 10.0 ** (math.floor(math.log10(step)) - 1)
    return round((math.floor if down else math.ceil)(value / unit) * unit, 6)


def cells(
    evaluation: Evaluation,
    distance_edges_m: Sequence[float] | None = None,
    yaw_edges_deg: Sequence[float] | None = None,
    *,
    distance_bins: int = 5,
    yaw_bins: int = 6,
) -> Cells:
    """The table of an evaluation; edges that are not given are round and make about so many bins."""
    condition = evaluation.seen.condition
    far = tuple(distance_edges_m or edges_over(condition.distance_m, distance_bins))
    turned = tuple(yaw_edges_deg or edges_over(condition.yaw_deg, yaw_bins))
    table = [
        _cell(
            evaluation,
            (far[i], far[i + 1]),
            (turned[j], turned[j + 1]),
            (i + 2 == len(far), j + 2 == len(turned)),
        )
        for i in range(len(far) - 1)
        for j in range(len(turned) - 1)
    ]
    return Cells(far, turned, tuple(table))


def _cell(
    evaluation: Evaluation, far: tuple[float, float], turned: tuple[float, float], last: tuple[bool, bool]
) -> Cell:
    condition = evaluation.seen.condition
    here = _within(condition.distance_m, far, last[0]) & _within(condition.yaw_deg, turned, last[1])
    counted = here & evaluation.counted()
    return Cell(
        far,
        turned,
        attack=_rate(evaluation, ATTACK, counted),
        noise=_rate(evaluation, NOISE, counted),
        clean=rate_of(evaluation.recognised(CLEAN)[here & evaluation.has_label], evaluation.level),
    )


def _rate(evaluation: Evaluation, article: str, here: Bool[Tensor, " n"]) -> Rate:
    if article not in evaluation.articles:
        return rate_of(here[:0], evaluation.level)
    return rate_of(evaluation.reached(article)[here], evaluation.level)


def _within(values: Float[Tensor, " n"], span: tuple[float, float], last: bool) -> Bool[Tensor, " n"]:
    """Inside [low, high), or [low, high] for the last bin."""
    return (values >= span[0]) & ((values <= span[1]) if last else (values < span[1]))
