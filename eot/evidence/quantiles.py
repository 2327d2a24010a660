"""Quantiles with intervals that hold for any distribution, infinite values included."""

import math
from collections.abc import Sequence

from scipy.stats import binom

from eot.evidence.statistics import LEVEL


def quantile(values: Sequence[float], q: float, level: float = LEVEL) -> tuple[float, float, float]:
    """The q-quantile (lower of the two in the middle), and the ends of its interval, at least `level`.

    The ends are order statistics whose ranks come from the binomial distribution of how many values lie
    below the true quantile (Thompson 1936). Too few values leave an end open: 0 below, infinity above; so
    the values must be sizes. With none at all nothing is known.
    """
    ordered, n = sorted(values), len(values)
    if not n:
        return math.inf, 0.0, math.inf
    value = ordered[min(max(math.ceil(q * n) - 1, 0), n - 1)]
    tail = (1 - level) / 2
    below = int(binom.ppf(tail, n, q))  # P(X < below) <= tail: the rank that may be counted on
    above = int(binom.ppf(1 - tail, n, q)) + 1
    low = ordered[below - 1] if below >= 1 else 0.0
    high = ordered[above - 1] if above <= n else math.inf
    return value, low, high
