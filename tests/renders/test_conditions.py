import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from renders.conditions import QUANTITIES, Condition, Conditions, join, still
from renders.errors import InputError


def draw(ranges: dict, k: int = 64, seed: int = 0) -> Condition:
    return Conditions(ranges).sample(torch.Generator().manual_seed(seed), k)


def test_what_is_not_named_stays_at_its_off_value() -> None:
    condition = draw({"yaw_deg": (-45, 45)})
    for name, quantity in QUANTITIES.items():
        if name not in ("yaw_deg", "noise_seed"):
            assert (getattr(condition, name) == quantity.off).all(), name


def test_same_seed_gives_the_same_bytes_and_another_seed_does_not() -> None:
    ranges = {"distance_m": (3, 25), "background": (0, 9)}
    a, b, c = draw(ranges, seed=1), draw(ranges, seed=1), draw(ranges, seed=2)
    assert all(torch.equal(getattr(a, n), getattr(b, n)) for n in QUANTITIES)
    assert not torch.equal(a.distance_m, c.distance_m)
    assert not torch.equal(a.noise_seed, c.noise_seed)


def test_draws_are_uniform_over_the_range() -> None:
    yaw = draw({"yaw_deg": (-45, 45), "pitch_deg": (-15, 15)}, k=1024).yaw_deg.double()
    assert stats.kstest(yaw.numpy(), stats.uniform(-45, 90).cdf).pvalue > 0.01


def test_integers_reach_both_ends_equally_often() -> None:
    counts = draw({"background": (2, 5), "yaw_deg": (0, 1)}, k=1024).background.bincount(minlength=6)
    assert counts[:2].sum() == 0
    assert ((counts[2:] - 256).abs() <= 8).all()


def test_sobol_draws_estimate_a_mean_better_than_independent_ones() -> None:
    errors = [abs(float(draw({"yaw_deg": (0, 1)}, k=64, seed=s).yaw_deg.mean()) - 0.5) for s in range(40)]
    # Independent draws of 64 have a mean absolute error of 0.289 / 8 * 0.8 = 0.029.
    assert sum(errors) / len(errors) < 0.01


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 9), st.integers(1, 9))
def test_joining_and_taking_rows_are_inverse(k: int, other: int) -> None:
    a, b = draw({"distance_m": (1, 2)}, k), draw({"distance_m": (1, 2)}, other, seed=5)
    both = join([a, b])
    assert len(both) == k + other
    assert torch.equal(both[torch.arange(k)].distance_m, a.distance_m)
    assert torch.equal(both[torch.arange(k, k + other)].noise_seed, b.noise_seed)


def test_still_views_are_all_the_same_but_for_their_noise_seed() -> None:
    views = still(3)
    assert len(views) == 3 and float(views.zoom[2]) == pytest.approx(1.3)


@pytest.mark.parametrize(
    ("ranges", "said"),
    [
        ({"distance": (1, 2)}, "distance_m"),
        ({"yaw_deg": (45, -45)}, "swap"),
        ({"distance_m": (0, 5)}, "expected values in"),
        ({"jpeg_quality": (50, 101)}, "expected values in"),
        ({"yaw_deg": (float("nan"), 3)}, "expected"),
        ({"mosaic": (0, 0.5)}, r"whole numbers .*got \[0, 0.5\]"),
    ],
)
def test_bad_ranges_are_refused_with_advice(ranges: dict, said: str) -> None:
    with pytest.raises(InputError, match=said):
        Conditions(ranges)


def test_fields_keep_their_type_however_their_ends_are_written() -> None:
    for ends in ((30, 30), (30, 31), (30.0, 30.0), (30.0, 31.0)):
        drawn = draw({"yaw_deg": ends, "background": ends})
        assert drawn.yaw_deg.dtype == torch.float32 and drawn.background.dtype == torch.int64


def test_a_fixed_integer_is_kept_to_the_last_digit() -> None:
    for seed in (20061977, 2**53 + 1):
        assert draw({"noise_seed": (seed, seed)}, k=2).noise_seed.tolist() == [seed, seed]
