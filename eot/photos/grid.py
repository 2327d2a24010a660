"""The distance x yaw table of photos beside that of the simulation, and how much of the plan they cover."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from scipy.stats import spearmanr

from eot.evidence.cells import cells
from eot.evidence.evaluation import Evaluation
from eot.evidence.statistics import Rate
from eot.photos.measured import Measured

# Fewer photos than this are shown as a count, not as a rate.
ENOUGH = 5
# Cells of distance and yaw where no plan says otherwise: 60 photos of each article fill them.
BINS = (4, 3)
# A rank correlation over fewer cells says nothing.
LEAST_CELLS = 4
# A single planned distance or yaw stands for photos this near to it.
NEAR_SHARE, NEAR_DEG = 0.1, 5.0
# What a tripod that is a little off may lie outside the plan.
SLACK_SHARE, SLACK_DEG = 0.02, 1.0

Span = tuple[float, float]
RateOver = Callable[[Sequence[Measured], float], Rate]


@dataclass(frozen=True)
class PhotoCell:
    """Photos of the attack between two distances and two yaws, and the simulated rate there."""

    distance_m: Span
    yaw_deg: Span
    measured: Rate
    simulated: Rate | None

    @property
    def enough(self) -> bool:
        """Whether there are photos enough to be read as a rate."""
        return self.measured.n >= ENOUGH

    @property
    def agrees(self) -> bool | None:
        """Whether the simulated rate lies in the interval of the measured one; None where one is missing."""
        if not self.enough or self.simulated is None or self.simulated.rate is None:
            return None
        return self.measured.low <= self.simulated.rate <= self.measured.high


@dataclass(frozen=True)
class Grid:
    """All cells row by row, near to far; `outside` photos lie in none, `placeless` ones have no pose."""

    distance_edges_m: tuple[float, ...]
    yaw_edges_deg: tuple[float, ...]
    cells: tuple[PhotoCell, ...]
    outside: int
    placeless: int

    @property
    def rows(self) -> tuple[tuple[PhotoCell, ...], ...]:
        """The cells of each distance."""
        width = len(self.yaw_edges_deg) - 1
        return tuple(self.cells[i : i + width] for i in range(0, len(self.cells), width))

    @property
    def covered(self) -> int:
        """How many cells have photos enough."""
        return sum(cell.enough for cell in self.cells)

    @property
    def rank_correlation(self) -> float | None:
        """Spearman's correlation of measured and simulated rates over cells; None where they cannot rank."""
        pairs = [(c.measured.rate, c.simulated.rate) for c in self.cells if c.enough and c.simulated]
        whole = [(a, b) for a, b in pairs if a is not None and b is not None]
        if len(whole) < LEAST_CELLS or any(len({pair[i] for pair in whole}) < 2 for i in (0, 1)):
            return None
        return float(spearmanr(*zip(*whole, strict=True)).statistic)


@dataclass(frozen=True)
class Coverage:
    """A planned range and what the photos show of it; `photos` and `inside` count photos with a pose."""

    name: str
    planned: Span
    seen: Span | None
    photos: int
    inside: int


def grid_of(
    attack: Sequence[Measured],
    planned: dict[str, Span],
    bins: tuple[int, int],
    evaluation: Evaluation | None,
    rate_over: RateOver,
    level: float,
) -> Grid:
    """The table over the planned ranges, the same cells for photos and simulation."""
    far, turned = planned_edges(planned, bins)
    placed = [m for m in attack if m.distance_m is not None and m.yaw_deg is not None]
    simulated = cells(evaluation, far, turned).cells if evaluation is not None else None
    columns = len(turned) - 1
    table, left = [], list(placed)
    for i in range(len(far) - 1):
        for j in range(columns):
            here = [m for m in left if _in(m, far, i, turned, j)]
            left = [m for m in left if m not in here]
            rate = None if simulated is None else simulated[i * columns + j].attack
            spans = (far[i], far[i + 1]), (turned[j], turned[j + 1])
            table.append(PhotoCell(*spans, rate_over(here, level), rate))
    return Grid(far, turned, tuple(table), len(left), len(attack) - len(placed))


def planned_edges(
    planned: dict[str, Span], bins: tuple[int, int]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Edges of so many cells: distances by equal ratios, which is what changes a picture; yaws evenly."""
    (near, far), (left, right) = planned["distance_m"], planned["yaw_deg"]
    distances: tuple[float, ...] = (near * (1 - NEAR_SHARE), far * (1 + NEAR_SHARE))
    if near < far:
        distances = tuple(round(near * (far / near) ** (i / bins[0]), 6) for i in range(bins[0] + 1))
    yaws: tuple[float, ...] = (left - NEAR_DEG, right + NEAR_DEG)
    if left < right:
        yaws = tuple(round(left + (right - left) * i / bins[1], 6) for i in range(bins[1] + 1))
    return distances, yaws


def _in(m: Measured, far: Sequence[float], i: int, turned: Sequence[float], j: int) -> bool:
    """Whether a photo is in row i and column j; the outer edges give way a little."""
    assert m.distance_m is not None and m.yaw_deg is not None
    near = far[i] * (1 - SLACK_SHARE) if i == 0 else far[i]
    end = far[i + 1] * (1 + SLACK_SHARE) if i + 2 == len(far) else far[i + 1]
    left = turned[j] - SLACK_DEG if j == 0 else turned[j]
    right = turned[j + 1] + SLACK_DEG if j + 2 == len(turned) else turned[j + 1]
    return near <= m.distance_m < end and left <= m.yaw_deg < right


def coverage_of(attack: Sequence[Measured], planned: dict[str, Span]) -> tuple[Coverage, ...]:
    """What the photos cover of the planned distances and angles."""
    return tuple(
        _covered(attack, name, planned[name]) for name in ("distance_m", "yaw_deg", "pitch_deg", "roll_deg")
    )


def _covered(attack: Sequence[Measured], name: str, span: Span) -> Coverage:
    values = [value for m in attack if (value := _value(m, name)) is not None]
    slack = SLACK_SHARE * span[1] if name == "distance_m" else max(SLACK_DEG, 0.0)
    inside = sum(span[0] - slack <= value <= span[1] + slack for value in values)
    return Coverage(name, span, (min(values), max(values)) if values else None, len(values), inside)


def _value(m: Measured, name: str) -> float | None:
    if name in ("distance_m", "yaw_deg"):
        return m.distance_m if name == "distance_m" else m.yaw_deg
    if m.pose is None:
        return None
    return m.pose.pitch_deg if name == "pitch_deg" else m.pose.roll_deg
