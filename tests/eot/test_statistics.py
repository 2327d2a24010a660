"""Intervals and paired tests against closed values, published tables and the laws they must keep."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom
from torch import tensor, zeros

from eot.evidence.statistics import (
    Pairs,
    clustered,
    exact,
    mcnemar,
    mcnemar_mid_p,
    paired_difference,
    pairs,
    rate_of,
    wilson,
)

# Lower bounds when every view succeeds: Wilson n / (n + z^2), Clopper-Pearson (alpha / 2)^(1 / n).
Z2 = 1.959963984540054**2


@pytest.mark.parametrize("n", [5, 10, 15, 30, 50, 100])
def test_all_successes_give_the_closed_lower_bounds(n: int) -> None:
    assert wilson(n, n).low == pytest.approx(n / (n + Z2), abs=1e-9)
    assert exact(n, n).low == pytest.approx(0.025 ** (1 / n), abs=1e-9)
    assert wilson(n, n).high == exact(n, n).high == 1.0


def test_ten_of_ten_is_at_least_72_percent_by_wilson_and_69_by_clopper_pearson() -> None:
    assert round(wilson(10, 10).low, 3) == 0.722
    assert round(exact(10, 10).low, 3) == 0.692


@settings(deadline=None)
@given(st.integers(1, 400), st.data(), st.sampled_from([0.8, 0.95, 0.99]))
def test_an_interval_holds_its_rate_and_mirrors(n: int, data: st.DataObject, level: float) -> None:
    x = data.draw(st.integers(0, n))
    for interval in (wilson, exact):
        here, mirrored = interval(x, n, level), interval(n - x, n, level)
        assert here.rate is not None
        assert 0 <= here.low <= here.rate + 1e-12 and here.rate - 1e-12 <= here.high <= 1
        assert here.low == pytest.approx(1 - mirrored.high, abs=1e-9)


def test_nothing_counted_has_no_rate_and_says_nothing() -> None:
    for empty in (wilson(0, 0), exact(0, 0), rate_of(zeros(0).bool()), clustered([], [])):
        assert (empty.rate, empty.low, empty.high, empty.n) == (None, 0.0, 1.0, 0)


@pytest.mark.parametrize(("n", "p"), [(10, 0.5), (30, 0.9), (100, 0.97)])
def test_clopper_pearson_covers_at_least_its_level_and_wilson_nearly(n: int, p: float) -> None:
    def coverage(interval: object) -> float:
        bounds = [interval(x, n) for x in range(n + 1)]  # type: ignore[operator]
        return sum(float(binom.pmf(x, n, p)) for x, b in enumerate(bounds) if b.low <= p <= b.high)

    assert coverage(exact) >= 0.95
    assert coverage(wilson) >= 0.91


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.just(40)), min_size=2, max_size=12))
def test_clusters_never_claim_more_than_independent_views(clusters: list[tuple[int, int]]) -> None:
    wins, sizes = [x for x, _ in clusters], [n for _, n in clusters]
    grouped, plain = clustered(wins, sizes), exact(sum(wins), sum(sizes))
    assert grouped.low <= plain.low + 1e-9 and grouped.high >= plain.high - 1e-9
    assert grouped.rate == plain.rate


def test_clusters_that_all_agree_count_once_each() -> None:
    assert clustered([100] * 20, [100] * 20).low < exact(20, 20).low < exact(2000, 2000).low
    assert clustered([40] * 8 + [0] * 2, [40] * 10).low == pytest.approx(0.36, abs=0.01)


def test_one_cluster_tells_nothing_about_others() -> None:
    assert (clustered([50], [50]).low, clustered([50], [50]).high) == (0.0, 1.0)


def test_mcnemar_needs_six_one_sided_pairs_and_its_mid_p_five() -> None:
    assert mcnemar(Pairs(0, 6, 0, 3)) == pytest.approx(2 * 0.5**6)
    assert mcnemar(Pairs(0, 5, 0, 3)) > 0.05 >= mcnemar_mid_p(Pairs(0, 5, 0, 3)) == pytest.approx(0.5**5)


@settings(deadline=None)
@given(st.integers(0, 60), st.integers(0, 60))
def test_mid_p_is_a_probability_no_larger_than_the_exact_one(b: int, c: int) -> None:
    counts, turned = Pairs(3, b, c, 4), Pairs(3, c, b, 4)
    assert 0 <= mcnemar_mid_p(counts) <= mcnemar(counts) + 1e-12 <= 1 + 1e-9
    assert mcnemar_mid_p(counts) == pytest.approx(mcnemar_mid_p(turned))


def test_tangos_interval_has_the_published_value() -> None:
    # PRINT.md section 4: b = 12, c = 1, n = 20 gives .23 to .76.
    difference = paired_difference(Pairs(0, 12, 1, 7))
    assert (round(difference.low, 2), round(difference.high, 2)) == (0.23, 0.76)


def test_tangos_interval_without_differing_pairs_is_the_closed_one() -> None:
    # b = c = 0: the score equation solves to z^2 / (n + z^2).
    difference = paired_difference(Pairs(6, 0, 0, 4))
    assert difference.high == pytest.approx(Z2 / (10 + Z2), abs=1e-9)
    assert difference.low == pytest.approx(-difference.high, abs=1e-9)


@settings(deadline=None)
@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30), st.integers(0, 30))
def test_the_paired_difference_lies_in_its_interval_and_turns_with_the_pair(
    a: int, b: int, c: int, d: int
) -> None:
    here, turned = paired_difference(Pairs(a, b, c, d)), paired_difference(Pairs(a, c, b, d))
    assert -1 <= here.low <= here.high <= 1
    assert here.low == pytest.approx(-turned.high, abs=1e-6)
    if here.value is not None:
        assert here.low - 1e-9 <= here.value <= here.high + 1e-9


def test_pairs_count_the_four_outcomes() -> None:
    first, second = tensor([True, True, False, False, True]), tensor([True, False, True, False, False])
    assert pairs(first, second) == Pairs(both=1, only_first=2, only_second=1, neither=1)
