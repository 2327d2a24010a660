"""The distance x yaw table: every view in one cell, edges that read well, small cells that say so."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from eot.evidence.cells import cells, edges_over
from eot.evidence.evaluate import evaluate
from eot.streams import Stream
from renders.conditions import Conditions
from tests.eot.test_evaluate import VIEWS, articles, problem


@settings(deadline=None)
@given(st.floats(-100, 100), st.floats(0.01, 100), st.integers(2, 8))
def test_edges_rise_and_hold_every_value(low: float, width: float, bins: int) -> None:
    values = torch.linspace(low, low + width, 50)
    edges = edges_over(values, bins)
    assert list(edges) == sorted(set(edges))
    assert edges[0] <= float(values.min()) and float(values.max()) <= edges[-1] + 1e-6
    assert len(edges) <= bins + 3


def test_the_usual_ranges_get_round_edges() -> None:
    assert edges_over(torch.tensor([3.0004, 24.997]), 5) == (3, 5, 10, 15, 20, 25)
    assert edges_over(torch.tensor([-44.99, 44.98]), 6) == (-45, -30, -15, 0, 15, 30, 45)
    assert edges_over(torch.tensor([-44.99, 44.98]), 3) == (-45, -15, 15, 45)


def test_every_counted_view_is_in_exactly_one_cell() -> None:
    evaluation = evaluate(problem(), articles(), VIEWS, 500)
    table = cells(evaluation)
    assert sum(c.attack.n for c in table.cells) == int(evaluation.counted().sum())
    assert sum(c.clean.n for c in table.cells) == 500
    assert sum(c.attack.successes for c in table.cells) == evaluation.rates("attack").target.successes
    assert [len(row) for row in table.rows] == [6] * 5


def test_a_cell_shows_where_the_attack_stops_working() -> None:
    table = cells(evaluate(problem(), articles(), VIEWS, 1000), [3, 7.5, 15, 25], [-45, 45])
    assert [c.attack.rate for c in table.cells] == [1.0, 0.0, None]  # beyond 15 m the clean one is not read
    assert table.cells[2].clean.rate == 0.0


def test_a_cell_with_fewer_than_twenty_views_says_so() -> None:
    near = Stream(Conditions({"distance_m": (3, 7)}), 1, "report", 64)
    assert [c.enough for c in cells(evaluate(problem(), articles(), near, 19)).cells] == [False] * 4
    whole = cells(evaluate(problem(), articles(), near, 20), [3, 7], [-1, 1]).cells
    assert [(c.enough, c.attack.n) for c in whole] == [(True, 20)]


def test_views_that_do_not_differ_make_one_cell() -> None:
    still = Stream(Conditions({"distance_m": (5.0, 5.0)}), 1, "report", 32)
    table = cells(evaluate(problem(), articles(), still, 32))
    assert len(table.cells) == 1 and table.cells[0].attack.n == 32


def test_the_upper_edge_belongs_to_the_next_cell_and_the_last_one_keeps_it() -> None:
    condition = VIEWS(0)[:3]
    condition.distance_m.copy_(torch.tensor([3.0, 5.0, 7.0]))
    condition.yaw_deg.zero_()
    evaluation = evaluate(problem(), articles(), lambda _: condition, 3)
    assert [c.attack.n for c in cells(evaluation, [3, 5, 7], [-1, 1]).cells] == [1, 2]


def test_a_view_outside_given_edges_is_in_no_cell() -> None:
    table = cells(evaluate(problem(), articles(), VIEWS, 100), [3, 4], [-45, 45])
    assert table.cells[0].clean.n < 100
    assert table.cells[0].attack.rate == pytest.approx(1.0)


def test_views_from_around_an_object_make_a_table_of_the_sphere() -> None:
    ranges = {"distance_m": (3, 7), "azimuth_deg": (-180.0, 180.0), "elevation_deg": (-30.0, 60.0)}
    around = Stream(Conditions(ranges), 1, "report", 64)
    table = cells(evaluate(problem(), articles(), around, 600), down_bins=3, across_bins=6)
    assert (table.down.field, table.across.field) == ("elevation_deg", "azimuth_deg")
    assert table.down_edges == (-30, 0, 30, 60)
    assert table.across_edges == (-180, -120, -60, 0, 60, 120, 180)
    assert sum(cell.clean.n for cell in table.cells) == 600
    # By area: half of the sphere's zone from -30 to 60 degrees lies below 10.5 degrees.
    low, _, high = (sum(cell.clean.n for cell in row) for row in table.rows)
    assert low / 600 == pytest.approx(0.5 / (0.5 + 3**0.5 / 2), abs=0.02)
    assert high / 600 == pytest.approx((3**0.5 / 2 - 0.5) / (0.5 + 3**0.5 / 2), abs=0.02)
