"""Which photos of two arms were taken from one spot, so that they can be compared as pairs."""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from eot.photos.measured import Measured

# Two photos are of one spot when they differ by less than this.
SAME_DISTANCE, SAME_YAW_DEG = 0.15, 10.0
APART = 1e6

Pair = tuple[Measured, Measured]


def matched(first: Sequence[Measured], second: Sequence[Measured]) -> list[Pair]:
    """Pairs of one photo each, every photo in one pair at most.

    Photos with the same `pair` in the user's CSV belong together. The others are matched by distance and yaw,
    all at once so that the sum of differences is least; those without a partner near by stay alone.
    """
    named = [_by_name(side) for side in (first, second)]
    pairs = [(named[0][name], named[1][name]) for name in named[0] if name in named[1]]
    free = [
        [m for m in side if not m.shot.pair and m.distance_m and m.yaw_deg is not None]
        for side in (first, second)
    ]
    if not free[0] or not free[1]:
        return pairs
    cost = np.array([[_apart(a, b) for b in free[1]] for a in free[0]])
    rows, columns = linear_sum_assignment(cost)
    near = [(free[0][i], free[1][j]) for i, j in zip(rows, columns, strict=True) if cost[i, j] < APART]
    return pairs + near


def _by_name(side: Sequence[Measured]) -> dict[str, Measured]:
    """The first photo of every name."""
    named: dict[str, Measured] = {}
    for measured in side:
        if measured.shot.pair:
            named.setdefault(measured.shot.pair, measured)
    return named


def _apart(a: Measured, b: Measured) -> float:
    """How far two spots are apart, in units of what still counts as one."""
    assert a.distance_m and b.distance_m and a.yaw_deg is not None and b.yaw_deg is not None
    farther = abs(float(np.log(a.distance_m / b.distance_m))) / SAME_DISTANCE
    turned = abs(a.yaw_deg - b.yaw_deg) / SAME_YAW_DEG
    return float(np.hypot(farther, turned)) if max(farther, turned) <= 1 else APART
