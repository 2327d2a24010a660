"""What the photos of all arms say together: rates, paired tests, and how they agree with the simulation.

The headline is the rate of Eykholt et al. (2018): of the spots from which the clean article is right, the
share from which the attack succeeds, sum 1{attack reaches the goal, clean is right} / sum 1{clean is right}.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from eot.evidence.evaluation import ATTACK, CLEAN, CONTROLS, Evaluation
from eot.evidence.statistics import (
    LEVEL,
    Difference,
    Pairs,
    Rate,
    clustered,
    mcnemar,
    mcnemar_mid_p,
    paired_difference,
    wilson,
)
from eot.photos.grid import Coverage, Grid, coverage_of, grid_of
from eot.photos.measured import Measured
from eot.photos.pairs import Pair, matched

Ranges = dict[str, tuple[float, float]]


@dataclass(frozen=True)
class Arm:
    """All photos of one article. `right`: read as what it is; nothing counted where that is not known."""

    name: str
    photos: int
    clusters: int
    reached: Rate
    right: Rate


@dataclass(frozen=True)
class Versus:
    """The attack against one control from the same spots.

    `p_exact` and `p_mid` are McNemar's; None where the pairs are frames of videos, which are not independent.
    """

    control: str
    pairs: Pairs
    difference: Difference
    p_exact: float | None
    p_mid: float | None


@dataclass(frozen=True)
class Verdict:
    """The result of all photos.

    Args:
        headline: RP2's rate over pairs; over all attack photos where no clean one is right (not `paired`).
        prints: the rate of every print of the attack by itself: the worst one counts, not their mean.
        simulated: the rate that the run's own evaluation found.
    """

    headline: Rate
    paired: bool
    arms: tuple[Arm, ...]
    versus: tuple[Versus, ...]
    prints: tuple[tuple[str, Rate], ...]
    grid: Grid
    coverage: tuple[Coverage, ...]
    simulated: Rate | None
    level: float


def verdict_of(
    photos: Sequence[Measured],
    planned: Ranges,
    bins: tuple[int, int],
    evaluation: Evaluation | None,
    level: float = LEVEL,
) -> Verdict:
    """The verdict on photos of an attack and its controls; `bins` are those of distance and yaw."""
    by_arm = {name: [m for m in photos if m.shot.arm == name] for name in _names(photos)}
    attack = by_arm.get(ATTACK, [])
    controls = {name: matched(attack, by_arm[name]) for name in by_arm if name != ATTACK}
    versus = tuple(_versus(name, pairs, level) for name, pairs in controls.items() if pairs)
    counted = [pair[0] for pair in controls.get(CLEAN, []) if _clean_is_right(pair[1])]
    return Verdict(
        headline=rate_over(counted or attack, level),
        paired=bool(counted),
        arms=tuple(_arm(name, group, level) for name, group in by_arm.items()),
        versus=versus,
        prints=_prints(attack, level),
        grid=grid_of(attack, planned, bins, evaluation, rate_over, level),
        coverage=coverage_of(attack, planned),
        simulated=None if evaluation is None else evaluation.rates(ATTACK).target,
        level=level,
    )


def _names(photos: Sequence[Measured]) -> list[str]:
    """The arms that were photographed: the attack, then the controls in their usual order."""
    there = {m.shot.arm for m in photos}
    usual = [name for name in (ATTACK, *CONTROLS) if name in there]
    return usual + sorted(there - set(usual))


def rate_over(photos: Sequence[Measured], level: float) -> Rate:
    """The share of photos that reach the goal; frames of one video count as one cluster."""
    return _rate([m.shot.reached for m in photos], [m.shot.cluster for m in photos], level)


def _rate(hits: Sequence[bool], clusters: Sequence[str], level: float) -> Rate:
    sums: dict[str, list[int]] = {}
    for hit, cluster in zip(hits, clusters, strict=True):
        pair = sums.setdefault(cluster, [0, 0])
        pair[0] += hit
        pair[1] += 1
    if all(size == 1 for _, size in sums.values()):
        return wilson(sum(hits), len(hits), level)
    return clustered([wins for wins, _ in sums.values()], [size for _, size in sums.values()], level)


def _arm(name: str, photos: Sequence[Measured], level: float) -> Arm:
    known = [m for m in photos if m.shot.right is not None]
    right = _rate([bool(m.shot.right) for m in known], [m.shot.cluster for m in known], level)
    clusters = {m.shot.cluster for m in photos}
    return Arm(name, len(photos), len(clusters), rate_over(photos, level), right)


def _clean_is_right(clean: Measured) -> bool:
    """Whether the clean photo is read as what it is; where that is not known, that it misses the goal."""
    return bool(clean.shot.right) if clean.shot.right is not None else not clean.shot.reached


def _versus(control: str, pairs: Sequence[Pair], level: float) -> Versus:
    outcomes = [(a.shot.reached, b.shot.reached) for a, b in pairs]
    counts = Pairs(
        both=outcomes.count((True, True)),
        only_first=outcomes.count((True, False)),
        only_second=outcomes.count((False, True)),
        neither=outcomes.count((False, False)),
    )
    independent = len({a.shot.cluster for a, _ in pairs}) == len(pairs)
    exact, mid = (mcnemar(counts), mcnemar_mid_p(counts)) if independent else (None, None)
    return Versus(control, counts, paired_difference(counts, level), exact, mid)


def _prints(attack: Sequence[Measured], level: float) -> tuple[tuple[str, Rate], ...]:
    """Rates per printed sheet, worst first; empty where there is one only."""
    names = sorted({m.shot.target for m in attack if m.shot.target})
    if len(names) < 2:
        return ()
    rates = [(name, rate_over([m for m in attack if m.shot.target == name], level)) for name in names]
    return tuple(sorted(rates, key=lambda pair: pair[1].rate or 0.0))
