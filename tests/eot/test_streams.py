import torch

from eot.streams import Frozen, Stream, generator_for
from renders.conditions import QUANTITIES, Conditions

VARIED = Conditions({"distance_m": (3, 25), "yaw_deg": (-45, 45)})


def test_a_step_can_be_replayed_without_the_steps_before_it() -> None:
    stream = Stream(VARIED, seed=4, name="train", k=8)
    ahead = stream(17)
    for index in range(17):
        stream(index)
    assert all(torch.equal(getattr(ahead, n), getattr(stream(17), n)) for n in QUANTITIES)


def test_train_select_and_report_never_share_a_view() -> None:
    seen = [
        Stream(VARIED, 4, name, 64)(index).noise_seed
        for name in ("train", "select", "report")
        for index in (0, 1)
    ]
    everything = torch.cat(seen)
    assert len(everything.unique()) == len(everything)


def test_the_global_seed_has_no_influence() -> None:
    before = torch.get_rng_state()
    Stream(VARIED, 4, "train", 8)(0)
    assert torch.equal(before, torch.get_rng_state())


def test_a_frozen_stream_repeats_itself() -> None:
    condition = Stream(VARIED, 1, "select", 4)(0)
    assert Frozen(condition)(3) is condition


def test_names_and_seeds_make_different_generators() -> None:
    firsts = {int(torch.randint(2**31, (1,), generator=generator_for(s, n))) for s in (0, 1) for n in "ab"}
    assert len(firsts) == 4
