"""Intervals of a detector's figures where the photos do not differ: never of no width."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch

from eot.evidence.detection import Detected, detected
from eot.evidence.statistics import clustered
from tests.eot.test_detection import LEFT, RIGHT, evaluation, found

BOTH, ONE, NONE = [(LEFT, 0, 0.9), (RIGHT, 0, 0.9)], [(LEFT, 0, 0.9)], []
Views = Sequence[list[tuple[list[float], int, float]]]


def seen(attack: Views, photos: list[int]) -> Detected:
    """The figures of an article whose views show this, before clean frames in which all is found."""
    record = found(*attack, *[BOTH] * len(attack), articles=2)
    return detected(evaluation(record, ("attack", "clean"), photos), "attack")


@pytest.mark.parametrize(("views", "share"), [([NONE] * 3, 0.0), ([BOTH] * 3, 1.0), ([ONE] * 3, 0.5)])
def test_photos_that_agree_leave_the_interval_of_views_in_clusters(views: Views, share: float) -> None:
    here, count = seen(views, [0, 1, 2]), int(2 * share)
    for figure, parts in ((here.recall, count), (here.lost, 2 - count)):
        known = clustered([parts] * 3, [2] * 3)
        assert (figure.value, figure.low, figure.high) == (parts / 2, known.low, known.high)
        assert figure.high - figure.low > 0.5 and (figure.n, figure.photos) == (6, 3)


def test_more_photos_that_agree_say_more() -> None:
    few, many = (seen([NONE] * n, list(range(n))).recall for n in (3, 40))
    # The rule of three: of 40 photos without any, at most about 3.7 / 40 can be found at 95 %, two-sided.
    assert 0.05 < many.high < 0.12 < few.high


@pytest.mark.parametrize(("views", "area"), [([NONE] * 3, 0.0), ([BOTH] * 3, 1.0)])
def test_an_area_on_which_all_photos_agree_stays_open(views: Views, area: float) -> None:
    average = seen(views, [0, 1, 2]).average_precision
    assert (average.value, average.low, average.high) == (pytest.approx(area), 0.0, 1.0)


def test_photos_that_differ_leave_an_interval_around_the_figure() -> None:
    here = seen([BOTH, NONE, ONE, BOTH, ONE, ONE, BOTH, NONE], list(range(8)))
    for figure in (here.recall, here.average_precision):
        assert figure.value is not None and 0 < figure.low < figure.value < figure.high < 1


def test_two_photos_that_nearly_agree_say_as_little_as_two_that_agree() -> None:
    for last in (BOTH, NONE):
        recall = seen([BOTH] * 15 + [last], [0] * 8 + [1] * 8).recall
        assert (recall.low, recall.high) == (pytest.approx(0, abs=1e-3), pytest.approx(1, abs=1e-3))


@pytest.mark.slow
def test_intervals_over_few_photos_hold_the_truth_as_often_as_they_say() -> None:
    # Photos differ: each has a share of its own, half of all. The bootstrap's percentiles held it in 84 %.
    generator, held, trials = torch.Generator().manual_seed(0), 0, 100
    for _ in range(trials):
        shares = torch.rand(3, generator=generator)
        found_ = torch.rand(3, 8, generator=generator) < shares[:, None]
        views = [BOTH if each else NONE for each in found_.flatten().tolist()]
        recall = seen(views, [0] * 8 + [1] * 8 + [2] * 8).recall
        held += recall.low <= 0.5 <= recall.high
    assert held >= 93


def test_photos_without_any_object_do_not_count_as_agreeing() -> None:
    record = found(ONE, NONE, NONE, *[BOTH] * 3, articles=2)
    present = torch.tensor([[True, True], [False, False], [False, False]])
    alone = replace(evaluation(record, ("attack", "clean"), [0, 1, 2]))
    seen_ = replace(alone.seen, found=replace(record, present=present))
    here = detected(replace(alone, seen=seen_), "attack")
    for figure in (here.recall, here.average_precision):
        assert (figure.low, figure.high, figure.n, figure.photos) == (0.0, 1.0, 2, 3)
