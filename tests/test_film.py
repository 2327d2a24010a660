"""`eot film`: the way of the camera, and a film of the tiny run and of a detector's."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from eot.evidence.evaluate import evaluate
from eot.film.approach import approach
from eot.film.panels import in_order
from eot.streams import generator_for
from renders.conditions import QUANTITIES, Conditions
from renders.videos import video_frames
from tests.conftest import picture
from tests.eot.test_evaluate import VIEWS, articles, problem

RANGES = {
    "distance_m": (3.0, 25.0),
    "yaw_deg": (-45.0, 45.0),
    "azimuth_deg": (-180.0, 180.0),
    "sky": (0.5, 0.5),
    "background": (0.0, 40.0),
    "mosaic": (0.0, 1.0),
}


def test_a_drive_comes_nearer_and_moves_smoothly_within_the_ranges() -> None:
    drive = approach(Conditions(RANGES), generator_for(3, "film"), 60)
    assert len(drive) == 60
    assert torch.allclose(drive.distance_m, torch.linspace(25, 3, 60))
    for name, (low, high) in RANGES.items():
        values = getattr(drive, name)
        assert float(values.min()) >= low and float(values.max()) <= high
    # Once through the range and back: at no time faster than a sine, and both ends are reached.
    assert float(drive.yaw_deg.diff().abs().max()) <= 45 * 2 * torch.pi / 60 * 1.01
    assert float(drive.yaw_deg.min()) < -44 and float(drive.yaw_deg.max()) > 44
    steps = drive.azimuth_deg.diff() % 360
    assert torch.allclose(steps, torch.full_like(steps, 6.0), atol=1e-3)
    for name in ("background", "mosaic"):
        assert len(getattr(drive, name).unique()) == 1
    assert len(drive.noise_seed.unique()) == 60
    assert {name: q.off for name, q in QUANTITIES.items()}["warmth"] == float(drive.warmth.unique())


def test_a_wide_range_that_is_no_angle_is_swung_through_without_a_jump() -> None:
    gloss = approach(Conditions({"gloss": (10.0, 500.0)}), generator_for(3, "film"), 60).gloss
    # No faster than a sine through the range; one that went round would fall from 500 to 10 in a frame.
    assert float(gloss.diff().abs().max()) <= 245 * 2 * torch.pi / 60 * 1.01


def test_drives_past_several_faces_are_shown_one_after_the_other() -> None:
    seen = evaluate(problem(), articles(faces=2), VIEWS, 6, batch=4)
    assert seen.seen.face.tolist() == [0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1]
    order = in_order(seen)
    assert seen.seen.face[order].tolist() == [0] * 6 + [1] * 6
    distance = seen.seen.condition.distance_m[order]
    assert torch.equal(distance[:6], VIEWS(0).distance_m[:6]) and torch.equal(distance[:6], distance[6:])


def test_drives_can_be_replayed_and_differ() -> None:
    one, again, other = (approach(Conditions(RANGES), generator_for(3, "film", i), 20) for i in (0, 0, 1))
    assert all(torch.equal(getattr(one, name), getattr(again, name)) for name in QUANTITIES)
    assert not torch.equal(one.yaw_deg, other.yaw_deg)


@pytest.mark.slow
def test_a_film_has_its_frames_and_says_what_they_came_to(
    finished: Path, eot: Callable[..., tuple[int, str, str]]
) -> None:
    words = ("--drives", "2", "--seconds", "0.5", "--fps", "8", "--device", "cpu")
    code, out, _ = eot("film", finished, *words, "--json")
    record = json.loads(out)
    assert code == 0 and record == json.loads((finished / "film" / "film.json").read_text())
    assert record["frames"] == 8 and record["drives"] == 2
    assert [row["article"] for row in record["articles"]] == ["attack", "clean", "noise", "blank"]
    for row in record["articles"]:
        assert 0 <= row["reached"] <= row["counted"] <= 8 and row["longest_s"] <= 0.5
    frames = [levels for _, levels in video_frames(finished / "film" / "film.mp4", 1)]
    assert len(frames) == 8
    assert all(frame.shape[0] % 2 == frame.shape[1] % 2 == 0 for frame in frames)
    assert frames[0].shape[1] > 4 * 240 and frames[0].std() > 20
    code, out, _ = eot("film", finished, *words)
    assert code == 0 and "longest" in out


@pytest.mark.slow
def test_an_article_of_several_faces_is_filmed_on_each(
    tiny: Path, eot: Callable[..., tuple[int, str, str]]
) -> None:
    Path("faces").mkdir()
    for index in range(2):
        picture(Path(f"faces/{index}.png"), (32, 32), seed=index)
    keys = ("article.kind=image", "article.faces=faces", "article.width_mm=150")
    sets = [part for key in keys for part in ("--set", key)]
    assert eot("attack", tiny, *sets, "--device", "cpu")[0] == 0
    words = ("--drives", "2", "--seconds", "0.5", "--fps", "8", "--device", "cpu")
    code, out, err = eot("film", "runs/tiny", *words, "--json")
    assert code == 0, err
    record = json.loads(out)
    assert (record["drives"], record["faces"], record["frames"]) == (2, 2, 16)
    frames = [levels for _, levels in video_frames(Path("runs/tiny/film/film.mp4"), 1)]
    assert len(frames) == 16


def test_a_film_needs_a_finished_run(tiny: Path, eot: Callable[..., tuple[int, str, str]]) -> None:
    code, _, err = eot("film", tiny.parent / "nothing")
    assert code == 2 and err.count("\n") == 1
