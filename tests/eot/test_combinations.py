"""Settings that rule each other out are refused, and those that decide nothing are named."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from eot.commands.evaluate import _name
from eot.commands.transfer import short_names
from eot.evidence.condition_checks import settings_used
from eot.evidence.findings import Grade
from eot.runs.config import Config, load_config, parse_config
from eot.runs.possible import check_goal, check_search
from eot.runs.unused import RULES, without_effect
from renders.errors import InputError
from tests.conftest import ROOT, Result, picture, refused

Eot = Callable[..., Result]


def config(**sections: object) -> Config:
    plain = {"objective": {"target": 1}, "article": {"kind": "sign", "sign": "mutcd-r1-1-stop"}}
    return parse_config(plain | sections, "here")


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.toml")), ids=lambda path: path.stem)
def test_no_example_sets_what_decides_nothing(path: Path) -> None:
    assert without_effect(load_config(path)) == ()


@pytest.mark.parametrize(
    ("sections", "named"),
    [
        ({"objective": {"kind": "evade", "label": 1, "hiding": "overlap"}}, ["objective.hiding"]),
        ({"objective": {"kind": "evade", "label": 1, "target": 2}}, ["objective.target"]),
        ({"texture": {"eps": 0.1}}, ["texture.eps"]),
        ({"sticker": {"mask": "full", "area": 0.5}}, ["sticker.area"]),
        ({"sticker": {"parts": [2]}}, ["sticker.parts"]),
        ({"surface": {"self_shadow": True}}, ["surface.self_shadow"]),
        ({"optimiser": {"kind": "random", "rate": 0.5}}, ["optimiser.rate"]),
        ({"optimiser": {"trials": 3}}, ["optimiser.trials"]),
        ({"search": {"hold": 0.5}}, ["search.hold"]),
        ({"conditions": {"wrinkle": 0.1}}, ["conditions.wrinkle"]),
        (
            {"surface": {"kind": "screen"}, "camera": {"focal_px": 900.0}, "backgrounds": {"count": 8}},
            ["camera.focal_px", "backgrounds.count"],
        ),
        ({"surface": {"kind": "screen"}, "conditions": {"jpeg_quality": 30}}, ["conditions.jpeg_quality"]),
    ],
)
def test_settings_without_effect_are_named(sections: dict, named: list[str]) -> None:
    found = without_effect(config(**sections))
    assert [line.split(" ")[0] for line in found] == named


def test_a_plain_run_and_settings_that_count_are_not_named() -> None:
    assert without_effect(config()) == ()
    used = {"surface": {"kind": "cloth", "wavelength": 0.3}, "conditions": {"wrinkle": 0.1}}
    assert without_effect(config(**used, texture={"norm": "linf", "eps": 0.1})) == ()


def test_every_rule_is_of_keys_that_there_are() -> None:
    plain = config()
    for rule in RULES:
        table = getattr(plain, rule.section)
        assert rule.keys == "*" or set(rule.keys.split()) <= set(type(table).model_fields)


def test_the_finding_names_them() -> None:
    assert settings_used(()).level is Grade.OK
    found = settings_used(("texture.eps (only with a texture.norm)",))
    assert found.level is Grade.WARN and "texture.eps" in found.text


@pytest.mark.parametrize("goal", ["hide", "appear", "mislabel", "degrade", "erase", "recede"])
def test_a_goal_that_needs_places_is_refused_where_there_are_none(goal: str) -> None:
    classes = {"label": 1, "target": 2} if goal not in ("degrade", "recede") else {}
    with pytest.raises(InputError, match=f"objects, as objective.kind = {goal} must know"):
        check_goal(config(objective={"kind": goal, **classes}))


@pytest.mark.parametrize(
    ("sections", "faces", "says"),
    [
        ({"search": {"lab_rounds": 2}}, 1, "penalties.lab: expected the first weight"),
        ({"optimiser": {"kind": "nes"}}, 2, "nes takes an article of one face; got 2"),
        ({"optimiser": {"kind": "random"}}, 2, "random takes an article of one face; got 2"),
        ({"optimiser": {"kind": "nes"}, "sticker": {"mask": "auto"}}, 1, "auto follows a gradient"),
        ({"optimiser": {"kind": "random"}, "texture": {"kind": "fourier"}}, 1, "texture.kind = fourier"),
        ({"optimiser": {"kind": "random"}, "texture": {"norm": "linf", "eps": 0.1}}, 1, "norm = linf"),
    ],
)
def test_a_search_that_cannot_be_is_refused(sections: dict, faces: int, says: str) -> None:
    with pytest.raises(InputError, match=says):
        check_search(config(**sections), faces)


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("search.lab_rounds=2", "penalties.lab"),
        ("article.width_mm=30000", "20"),
        ("name=a+b", "name"),
    ],
)
def test_force_keeps_an_earlier_run_until_the_new_one_can_be_made(
    eot: Eot, tiny: Path, earlier: Path, setting: str, says: str
) -> None:
    seen_from = ("--set", "conditions.distance_m=[60, 80]")
    refused(eot("attack", tiny, "--out", earlier, "--force", *seen_from, "--set", setting), says)


def test_photos_of_other_proportions_are_not_squashed(eot: Eot, tiny: Path, earlier: Path) -> None:
    Path("photos").mkdir()
    picture(Path("photos/wide.png"), (60, 30))
    picture(Path("photos/tall.png"), (30, 60))
    corners = "surface.corners=[[2,2],[20,2],[20,20],[2,20]]"
    words = ("surface.kind=photograph", "surface.photos=photos", corners, "camera.framing=frame")
    sets = [part for word in words for part in ("--set", word)]
    refused(eot("attack", tiny, *sets, "--out", "new"), "photos of one proportion")


def test_a_loss_that_is_not_finite_is_never_kept() -> None:
    from eot.attack import Judged

    image = torch.zeros(1, 3, 1, 1)
    broken, fine = Judged(0, 1.0, float("nan"), image), Judged(1, 0.0, 2.0, image)
    assert not broken.beats(None) and not broken.beats(fine) and fine.beats(None)


def test_columns_are_as_short_as_tells_them_apart() -> None:
    assert short_names(("bundled", "python:a/net.py:make")) == ["bundled", "make"]
    assert short_names(("python:a/net.py:make", "python:b/net.py:make")) == ["a/net.py:make", "b/net.py:make"]
    assert short_names(("same", "same")) == ["same", "same"]


def test_evaluations_of_models_with_long_names_lie_apart() -> None:
    one, other = (_name((f"python:/{start}/{'deep/' * 20}net.py:make",), 9) for start in "ab")
    assert one != other and max(len(one), len(other)) <= 70
    assert _name(("bundled",), 9) == "bundled-9"


def test_settings_that_decide_nothing_are_named_before_the_run(eot: Eot, tiny: Path) -> None:
    code, out, err = eot("attack", tiny, "--dry-run", "--set", "optimiser.trials=3")
    assert code == 0 and err.startswith("caution: optimiser.trials (only for random and nes)")
    assert "trials = 3" in out and err.count("\n") == 1
