from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from eot.commands.tick import Tick
from eot.commands.train_signs import Request, train_signs
from eot.grade_signs import Exam, Grades, gauge
from eot.streams import generator_for
from eot.train_signs import Plan, Rounds, jittered, train
from eot.victims import load_victim
from eot.victims.architectures import fresh
from eot.victims.bundled import WEIGHTS
from eot.victims.fingerprint import fingerprint
from eot.victims.sign_net import VARIANTS
from eot.victims.sign_stickers import NOISE, PLAIN, Stickers, stickered
from eot.victims.sign_views import sign_labels
from tests.conftest import Result, refused
from textures.signs import catalogue

TINY = Plan(rounds=1, views=2, backgrounds=1, epochs=1, batch=10)
CPU = torch.device("cpu")
STOP = "mutcd-r1-1-stop"
FEW = (STOP, "mutcd-r1-2-yield", "mutcd-w1-1-turn", "vienna-c1-no-entry", "vienna-d2-keep-right")


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """A catalogue of five signs, so that training takes seconds."""
    shown = {name: spec for name, spec in catalogue().items() if name in FEW}
    monkeypatch.setattr("eot.victims.sign_views.catalogue", lambda: shown)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """One thread, because sums over several end in other last bits, and rendering then forks no workers."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def result_of(work: Generator[Tick, None, Any]) -> tuple[list[Tick], Any]:
    ticks = []
    while True:
        try:
            ticks.append(next(work))
        except StopIteration as end:
            return ticks, end.value


@pytest.mark.slow
def test_a_round_shows_every_sign_equally_often_and_replays_alone(few: None) -> None:
    rounds = Rounds(replace(TINY, rounds=3), seed=5)
    rounds[0]
    ahead, again = rounds[2], Rounds(replace(TINY, rounds=3), seed=5)[2]
    assert torch.equal(ahead.images, again.images)
    assert ahead.classes.bincount().tolist() == [TINY.views] * len(sign_labels())
    assert not torch.equal(ahead.images, rounds[1].images)


@pytest.mark.slow
def test_training_replays_from_its_seed(few: None) -> None:
    prints = []
    for seed in (3, 3, 4):
        _, net = result_of(train("sign-net", TINY, seed, CPU))
        prints.append(fingerprint(net))
    assert prints[0] == prints[1] != prints[2]


@pytest.mark.slow
def test_a_few_seconds_of_training_teach_it_to_read(tmp_path: Path, few: None) -> None:
    plan = Plan(rounds=6, views=8, backgrounds=2, epochs=4, batch=16)
    request = Request("sign-net", 0, tmp_path, plan, Exam(views=10, backgrounds=1))
    ticks, listing = result_of(train_signs(request, CPU))
    done = [t.phase for t in ticks if t.done == t.total]
    assert done == ["render", "train", "grade", "stickers", "stickers"]
    rates = {row[0]: row[1] for row in listing.rows}
    assert rates["clean, all signs"] > 0.6  # guessing reads one in five
    victim = load_victim(f"file:{tmp_path}/sign-net.safetensors")
    assert victim.info.labels == sign_labels() and victim.info.name == "sign-net"
    card = (tmp_path / "sign-net.md").read_text(encoding="utf-8")
    assert victim.info.weights_sha256 in card and "--variant sign-net --seed 0 --epochs 4" in card


def test_first_weights_come_from_the_seed() -> None:
    assert fingerprint(fresh("sign-res", 5, 1)) == fingerprint(fresh("sign-res", 5, 1))
    assert fingerprint(fresh("sign-res", 5, 1)) != fingerprint(fresh("sign-res", 5, 2))


def test_jitter_moves_and_brightens_but_stays_in_range() -> None:
    images = torch.rand(4, 3, 16, 16, generator=generator_for(0, "jitter"))
    moved = jittered(images, generator_for(1, "jitter"))
    assert moved.shape == images.shape and moved.min() >= 0 and moved.max() <= 1
    assert not torch.equal(moved, images)


def test_stickers_cover_their_share_and_nothing_else_changes() -> None:
    faces = torch.full((20, 3, 64, 64), -1.0)
    one = Stickers(share=1.0, area=(0.2, 0.2), pieces=1, grains=(1,))
    covered = (stickered(faces, one, generator_for(0, "s")) >= 0).all(1).float().mean((1, 2))
    assert torch.allclose(covered, torch.tensor(0.2), atol=0.01)  # whole texels
    noisy = stickered(faces, NOISE, generator_for(0, "s"))
    assert (noisy >= 0).all(1).float().mean((1, 2)).max() <= 0.21
    assert torch.equal(stickered(faces, replace(PLAIN, share=0.0), generator_for(0, "s")), faces)
    half = stickered(faces, replace(PLAIN, share=0.5), generator_for(0, "s"))
    assert 2 < int((half >= 0).flatten(1).any(1).sum()) < 18


def test_grades_count_by_sign_distance_and_mistake() -> None:
    shown, read = torch.tensor([0, 0, 1, 1, 1]), torch.tensor([0, 1, 1, 0, 0])
    grades = Grades(("a", "b"), shown, read, torch.tensor([3.0, 8.0, 13.9, 20.0, 25.0]))
    assert (grades.accuracy().successes, grades.accuracy().n) == (2, 5)
    assert grades.of_sign("b").successes == 1
    assert [(a, rate.successes, rate.n) for a, _, rate in grades.by_distance()] == [
        (3, 1, 1),
        (8, 1, 2),
        (14, 0, 0),
        (20, 0, 2),
    ]
    assert grades.confusions()[0] == ("b", "a", 2)


@pytest.mark.parametrize("name", VARIANTS)
def test_bundled_weights_are_the_ones_of_their_card(name: str) -> None:
    victim = load_victim(f"bundled:{name}")
    path = WEIGHTS / f"{name}.safetensors"
    assert path.stat().st_size <= 3_000_000
    assert victim.info.labels == sign_labels()
    assert victim.info.weights_sha256 in (WEIGHTS / f"{name}.md").read_text(encoding="utf-8")


def test_the_bundled_victim_reads_fresh_views_of_a_stop_sign() -> None:
    victim = load_victim("bundled")
    _, grades = result_of(gauge(victim, Exam(seed=99, views=60, backgrounds=4), signs=(STOP,)))
    assert grades.of_sign(STOP).n == 60
    assert grades.of_sign(STOP).rate >= 0.95


def test_a_folder_that_cannot_be_written_is_found_before_the_work(
    eot: Callable[..., Result], tmp_path: Path
) -> None:
    file = tmp_path / "taken"
    file.write_text("x", encoding="utf-8")
    refused(eot("train-signs", "--out", file / "below"), "folder that can be written")
    refused(eot("train-signs", "--variant", "sign-rse"), "did you mean 'sign-res'")
