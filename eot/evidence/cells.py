"""Rates by distance and yaw, or all around an object: a good average cannot hide where the attack fails."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from jaxtyping import Bool, Float
from torch import Tensor

from eot.evidence.evaluation import ATTACK, CLEAN, NOISE, Evaluation
from eot.evidence.statistics import Rate, rate_of

ENOUGH = 20
# Draws from a whole turn reach this far.
WHOLE_TURN_DEG = 345.0


@dataclass(frozen=True)
class Axis:
    """One side of the table: a field of the Condition, its name and unit for people."""

    field: str
    word: str
    unit: str


DISTANCE, YAW = Axis("distance_m", "distance", " m"), Axis("yaw_deg", "yaw", "°")
ELEVATION, AZIMUTH = Axis("elevation_deg", "elevation", "°"), Axis("azimuth_deg", "azimuth", "°")


@dataclass(frozen=True)
class Cell:
    """The counted views within a range of each axis; the upper edge belongs to the next cell."""

    down: tuple[float, float]
    across: tuple[float, float]
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
    """A table of two axes, row by row from the low edge of `down`, left to right."""

    down: Axis
    across: Axis
    down_edges: tuple[float, ...]
    across_edges: tuple[float, ...]
    cells: tuple[Cell, ...]

    @property
    def rows(self) -> tuple[tuple[Cell, ...], ...]:
        """The cells of each range of `down`."""
        width = len(self.across_edges) - 1
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
    down_edges: Sequence[float] | None = None,
    across_edges: Sequence[float] | None = None,
    *,
    down_bins: int = 5,
    across_bins: int = 6,
) -> Cells:
    """Distance x yaw, or elevation x azimuth of views from around an object.

    Edges that are not given are round and make about so many bins.
    """
    condition = evaluation.seen.condition
    sphere = bool((condition.azimuth_deg != condition.azimuth_deg[0]).any())
    down, across = (ELEVATION, AZIMUTH) if sphere else (DISTANCE, YAW)
    edges = (
        tuple(down_edges or _edges(evaluation, down, down_bins)),
        tuple(across_edges or _edges(evaluation, across, across_bins)),
    )
    table = [
        _cell(evaluation, range_down, range_across)
        for range_down in _ranges(evaluation, down, edges[0])
        for range_across in _ranges(evaluation, across, edges[1])
    ]
    return Cells(down, across, *edges, tuple(table))


def _edges(evaluation: Evaluation, axis: Axis, bins: int) -> tuple[float, ...]:
    """Round edges; a whole turn is cut into equal parts."""
    values = getattr(evaluation.seen.condition, axis.field)
    if axis is AZIMUTH and float(values.max() - values.min()) > WHOLE_TURN_DEG:
        return tuple(round(-180 + 360 * i / bins, 6) for i in range(bins + 1))
    return edges_over(values, bins)


Range = tuple[tuple[float, float], Bool[Tensor, " n"]]


def _ranges(evaluation: Evaluation, axis: Axis, edges: tuple[float, ...]) -> list[Range]:
    """Each range of an axis and the views in it: [low, high), the last one with its upper end."""
    values = getattr(evaluation.seen.condition, axis.field)
    last = len(edges) - 2
    return [
        ((low, high), (values >= low) & ((values <= high) if index == last else (values < high)))
        for index, (low, high) in enumerate(pairwise(edges))
    ]


def _cell(evaluation: Evaluation, down: Range, across: Range) -> Cell:
    here = down[1] & across[1]
    counted = here & evaluation.counted()
    return Cell(
        down[0],
        across[0],
        attack=_rate(evaluation, ATTACK, counted),
        noise=_rate(evaluation, NOISE, counted),
        clean=rate_of(evaluation.recognised(CLEAN)[here & evaluation.has_label], evaluation.level),
    )


def _rate(evaluation: Evaluation, article: str, here: Bool[Tensor, " n"]) -> Rate:
    if article not in evaluation.articles:
        return rate_of(here[:0], evaluation.level)
    return rate_of(evaluation.reached(article)[here], evaluation.level)
