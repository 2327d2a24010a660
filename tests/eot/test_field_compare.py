"""The share of the success that the path tracer keeps: its interval, and what is said where there is none."""

import json

import pytest
import torch

from eot.evidence.statistics import rate_of
from eot.field.compare import Comparison, ratio


def test_the_ratio_is_that_of_the_rates_and_its_interval_holds_it() -> None:
    field = torch.arange(100) < 60
    ours = torch.arange(100) < 80
    kept, low, high = ratio(field, ours, seed=0)
    assert kept == pytest.approx(0.75) and low < 0.75 < high
    # On paired views the spread is that of the 20 views in which they differ.
    assert low > 0.62 and high < 0.87
    same, least, most = ratio(ours | True, ours | True, seed=0)
    # A hundred of a hundred is no proof of all: Wilson's bound of each.
    assert (
        same == 1.0 and least == pytest.approx(0.963, abs=1e-3) and most == pytest.approx(1 / 0.963, abs=1e-3)
    )


def test_without_a_success_to_keep_the_share_and_its_interval_are_null_in_strict_json() -> None:
    never = torch.zeros(20, dtype=torch.bool)
    result = Comparison(rate_of(never), rate_of(never), *ratio(~never, never, seed=0))
    # Infinity, which Python would write, is no JSON.
    record = json.loads(json.dumps(result.record(), allow_nan=False))
    assert record["kept"] == {"ratio": None, "low": None, "high": None}
    assert result.words == "of 20 views that count in both renderers ours has no success to keep"
