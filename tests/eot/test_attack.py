import dataclasses

import pytest
import torch

from eot.attack import Attack, Judged, judge, run
from eot.streams import Stream
from tests.eot.parts import POSES, grey, in_the_world
from textures.parameters import Pixels


def attack(**fields: object) -> Attack:
    texture = Pixels(grey())
    optimiser = torch.optim.Adam(texture.parameters(), lr=0.05)
    streams = Stream(POSES, 0, "train", 2), Stream(POSES, 0, "select", 4)
    parts = Attack(texture, in_the_world(), optimiser, *streams, steps=4, select_every=2)
    return dataclasses.replace(parts, **fields)


def judged(success: float, loss: float) -> Judged:
    return Judged(0, success, loss, grey())


@pytest.mark.parametrize(
    ("one", "other", "wins"),
    [
        (judged(0.5, 9.0), None, True),
        (judged(0.5, 9.0), judged(0.4, 1.0), True),
        (judged(0.5, 1.0), judged(0.5, 2.0), True),
        (judged(0.5, 2.0), judged(0.5, 2.0), False),
        (judged(0.4, 1.0), judged(0.5, 9.0), False),
    ],
)
def test_success_comes_first_then_the_loss(one: Judged, other: Judged | None, wins: bool) -> None:
    assert one.beats(other) is wins


def test_candidates_are_judged_on_the_same_views() -> None:
    parts = attack()
    assert judge(parts, grey(), 1).loss == judge(parts, grey(), 5).loss
    outcome = parts.problem(grey(), parts.select(0))
    assert judge(parts, grey(), 1).loss == pytest.approx(float(outcome.loss.mean()))
    assert judge(parts, grey(), 1).success == float(outcome.success.float().mean())


def test_iterates_are_judged_on_schedule_and_at_the_end() -> None:
    progress = list(run(attack(select_every=3)))
    assert [p.index for p in progress] == list(range(4))
    assert [p.judged.index for p in progress if p.judged] == [3, 4]
    assert [p.index for p in run(attack(select_every=0)) if p.judged] == [3]


def test_the_best_is_the_best_of_all_that_were_judged() -> None:
    parts = attack(select_every=1)
    candidates, best = [], None
    for progress in run(parts):
        candidates.append(progress.judged)
        best = progress.best
    expected = max(candidates, key=lambda j: (j.success, -j.loss))
    assert best is expected
    assert judge(parts, best.image, 0).loss == best.loss


def test_what_is_judged_last_is_what_the_texture_holds() -> None:
    parts = attack()
    *_, last = run(parts)
    assert torch.equal(last.judged.image, parts.texture().detach())


@pytest.mark.parametrize("cut", [1, 2])
def test_a_resumed_run_ends_in_the_same_bytes_with_the_same_best(cut: int) -> None:
    *_, whole = run(attack())
    left = attack()
    for progress in run(left):
        if progress.index + 1 == cut:
            break
    again = attack()
    again.texture.load_state_dict(left.texture.state_dict())
    again.optimiser.load_state_dict(left.optimiser.state_dict())
    *_, last = run(again, cut, progress.best)
    assert torch.equal(last.judged.image, whole.judged.image)
    assert last.best.index == whole.best.index
    assert torch.equal(last.best.image, whole.best.image)
