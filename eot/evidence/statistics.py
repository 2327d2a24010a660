"""Rates and their differences, never without an interval."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from jaxtyping import Bool
from scipy.optimize import brentq
from scipy.stats import beta, binomtest, norm, t
from torch import Tensor

LEVEL = 0.95


@dataclass(frozen=True)
class Rate:
    """A share of n views with its confidence interval. With n = 0 nothing is known: no rate, 0 to 1."""

    successes: int
    n: int
    low: float
    high: float
    level: float

    @property
    def rate(self) -> float | None:
        """Successes over n, or None when there was nothing to count."""
        return self.successes / self.n if self.n else None

    def is_above(self, other: "Rate") -> bool:
        """Whether the whole interval lies above the other one's."""
        return self.low > other.high


def wilson(successes: int, n: int, level: float = LEVEL) -> Rate:
    """The rate with Wilson's score interval (Wilson 1927): covers `level` on average over true rates."""
    return _interval(successes, n, level, "wilson")


def exact(successes: int, n: int, level: float = LEVEL) -> Rate:
    """The rate with Clopper and Pearson's interval (1934): covers at least `level`, hence wider."""
    return _interval(successes, n, level, "exact")


def rate_of(success: Bool[Tensor, " n"], level: float = LEVEL) -> Rate:
    """The share of true entries with Wilson's interval."""
    return wilson(int(success.sum()), success.numel(), level)


def _interval(successes: int, n: int, level: float, method: str) -> Rate:
    if n == 0:
        return Rate(0, 0, 0.0, 1.0, level)
    low, high = binomtest(successes, n).proportion_ci(level, method)
    return Rate(successes, n, float(low), float(high), level)


def clustered(successes: Sequence[int], sizes: Sequence[int], level: float = LEVEL) -> Rate:
    """The pooled rate with an interval for views that come in clusters (one photo, one scene each).

    Views of one photo resemble each other, so they count as fewer: Clopper-Pearson at the effective
    sample size (Korn & Graubard 1998). Where every view agrees the data cannot tell how alike the views of
    a cluster are, and each cluster counts once. Fewer than two clusters tell nothing: 0 to 1.
    """
    total, n, clusters = sum(successes), sum(sizes), len(sizes)
    if clusters < 2 or n == 0:
        return Rate(total, n, 0.0, 1.0, level)
    p = total / n
    spread = sum((x - p * size) ** 2 for x, size in zip(successes, sizes, strict=True))
    variance = clusters / (clusters - 1) * spread / n**2
    effective = clusters if p in (0.0, 1.0) else n if variance == 0 else p * (1 - p) / variance
    tail = (1 + level) / 2
    effective = min(n, effective * (t.ppf(tail, max(n - 1, 1)) / t.ppf(tail, clusters - 1)) ** 2)
    x = p * effective
    low = 0.0 if x == 0 else beta.ppf(1 - tail, x, effective - x + 1)
    high = 1.0 if p == 1 else beta.ppf(tail, x + 1, effective - x)
    return Rate(total, n, float(low), float(high), level)


@dataclass(frozen=True)
class Pairs:
    """The same n views judged under two articles: how often both, only one, or neither succeeded."""

    both: int
    only_first: int
    only_second: int
    neither: int

    @property
    def n(self) -> int:
        """The number of views."""
        return self.both + self.only_first + self.only_second + self.neither


def pairs(first: Bool[Tensor, " n"], second: Bool[Tensor, " n"]) -> Pairs:
    """The paired counts of two judgements of the same views."""
    return Pairs(
        both=int((first & second).sum()),
        only_first=int((first & ~second).sum()),
        only_second=int((~first & second).sum()),
        neither=int((~first & ~second).sum()),
    )


def mcnemar(counts: Pairs) -> float:
    """The exact two-sided p-value that both articles succeed equally often (McNemar 1947)."""
    differing = counts.only_first + counts.only_second
    return float(binomtest(counts.only_first, differing).pvalue) if differing else 1.0


def mcnemar_mid_p(counts: Pairs) -> float:
    """McNemar's p-value that counts the observed table half: less conservative (Fagerland et al. 2013)."""
    differing = counts.only_first + counts.only_second
    if differing == 0:
        return 1.0
    fewer = min(counts.only_first, counts.only_second)
    at_most = binomtest(fewer, differing, alternative="less").pvalue
    below = binomtest(fewer - 1, differing, alternative="less").pvalue if fewer else 0.0
    # The two tails are mirror images at p = 1/2; in the middle of the table they meet and the value is 1.
    return float(min(1.0, at_most + below))


@dataclass(frozen=True)
class Difference:
    """First rate minus second on the same views, with its interval. With no views: None, -1 to 1."""

    value: float | None
    low: float
    high: float
    n: int
    level: float


def paired_difference(counts: Pairs, level: float = LEVEL) -> Difference:
    """The paired difference of two rates with Tango's score interval (Tango 1998)."""
    n, b, c = counts.n, counts.only_first, counts.only_second
    if n == 0:
        return Difference(None, -1.0, 1.0, 0, level)
    value, z = (b - c) / n, norm.ppf((1 + level) / 2)
    low = -1.0 if value == -1 else _root(lambda d: _tango(b, c, n, d) - z, -1.0, value)
    high = 1.0 if value == 1 else _root(lambda d: _tango(b, c, n, d) + z, value, 1.0)
    return Difference(value, low, high, n, level)


def _root(score: Callable[[float], float], low: float, high: float) -> float:
    # The score runs to infinity at -1 and 1 themselves; just inside it is finite.
    return float(brentq(score, max(low, -1 + 1e-12), min(high, 1 - 1e-12)))


def _tango(b: int, c: int, n: int, difference: float) -> float:
    """The score statistic of a difference, its nuisance rate at the constrained maximum (Tango 1998)."""
    linear = -b - c + (2 * n - b + c) * difference
    constant = -c * difference * (1 - difference)
    # Rounding can leave a discriminant of 0 a little below it.
    nuisance = (max(linear**2 - 8 * n * constant, 0.0) ** 0.5 - linear) / (4 * n)
    variance = n * (2 * nuisance + difference * (1 - difference))
    gap = b - c - n * difference
    # b = c = 0: no spread at a difference of 0, and the gap is 0 there too.
    return gap / max(variance, 1e-12) ** 0.5
