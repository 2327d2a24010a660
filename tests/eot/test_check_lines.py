"""What stands behind the lines of a card: their names, the images of each, and what counts as wrong."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from eot.check import physical
from eot.check.answers import finite_answers
from eot.check.findings import card_findings
from eot.check.ledger import Batch, Ledger
from eot.check.looks import Seen, of_read
from eot.check.parts import parts_of
from eot.check.physical import print_of, stage_of
from eot.check.plan import fraction, plan_of, written
from eot.check.subject import Subject, shuffled, subject_of
from eot.data import Data, Stored
from eot.evidence.findings import Grade
from eot.streams import generator_for
from eot.victims.sign_views import SignGroup
from eot.victims.victim import Victim, VictimInfo
from renders.errors import InputError, RunError
from tests.eot.parts import in_the_world, linear
from tests.eot.subjects import CPU, data, ledger, subject

QUICK = plan_of("quick", "8/255", "linf", 0)


# --- names -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["0.2", "0.4", "1", "2", "0.25", "128/255", "0.1/255", "12.34", "100000"])
def test_a_radius_keeps_the_form_that_people_write(text: str) -> None:
    assert written(fraction(text)) == text


def test_radii_that_would_share_a_line_are_refused() -> None:
    with pytest.raises(InputError, match="six digits"):
        plan_of("quick", "0.12345671,0.12345672", "linf", 0)


@pytest.mark.parametrize(("eps", "norm"), [("0.3,0.5", "linf"), ("0.25,0.5,1", "l2")])
def test_the_unlimited_radius_shares_no_line_with_a_radius_of_the_plan(
    tmp_path: Path, eps: str, norm: str
) -> None:
    plan = plan_of("quick", eps, norm, 0)
    parts = parts_of(subject(), plan)
    assert len({part.name for part in parts}) == len(parts)
    strong = Ledger(tmp_path / "results.jsonl")
    for part in parts:  # as few fall at the user's own 0.5 as may
        if part.name.startswith("pgd@") or part.name == "clean":
            strong.add(Batch(part.name, list(range(part.rows)), [0] * part.rows, [1] * part.rows))
    found = card_findings(subject(), plan, parts, strong)
    assert not [finding for finding in found if finding.name == "unlimited radius"]


def test_surrogates_of_one_name_have_lines_of_their_own() -> None:
    others = tuple(linear(seed=seed) for seed in (1, 2, 3))
    shown = subject_of(linear(), data(), CPU, others)
    assert shown.surrogate_names == ("linear", "linear#2", "linear#3")
    lines = [part.name for part in parts_of(shown, QUICK) if part.name.startswith("transfer:")]
    assert lines == ["transfer:linear@8/255", "transfer:linear#2@8/255", "transfer:linear#3@8/255"]


# --- which images ----------------------------------------------------------------------------------------


def sorted_by_class(n: int = 100) -> Data:
    levels = torch.arange(n, dtype=torch.uint8)[:, None, None, None].expand(-1, 3, 8, 8)
    names = tuple("0123456789")
    return Data("folder", "test", Stored(levels), torch.arange(n) // 10, names, "0" * 64)


def test_the_first_rows_are_of_many_classes_and_of_the_same_images_again() -> None:
    plain, mixed = sorted_by_class(), shuffled(sorted_by_class(), 0)
    # Of 10 classes 24 rows of 100 miss fewer than 5 but for one draw in a million.
    assert len(plain.labels[:24].unique()) == 3 and len(mixed.labels[:24].unique()) > 5
    images, labels = mixed.take(torch.arange(100))
    number = (images[:, 0, 0, 0] * 255).round().long()
    assert torch.equal(labels, number // 10) and torch.equal(number.sort().values, torch.arange(100))
    again, other = shuffled(sorted_by_class(), 0), shuffled(sorted_by_class(), 1)
    assert torch.equal(again.labels, mixed.labels) and again.sha256 == mixed.sha256
    assert len({plain.sha256, mixed.sha256, other.sha256}) == 3, "an order of its own is data of its own"


def test_the_first_signs_are_drawn_from_the_whole_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = in_the_world().scene
    numbers = torch.arange(40).split([8, 30, 2])  # signs of one outline stand together
    groups = tuple(SignGroup(each, torch.zeros(len(each), 3, 8, 8), scene) for each in numbers)
    monkeypatch.setattr(physical, "_groups", lambda seed: groups)
    monkeypatch.setattr(physical, "_backgrounds", lambda seed: scene.backgrounds)
    signs = replace(subject(), signs=True)

    def labels(seed: int) -> list[int]:
        return [stage_of(signs, replace(QUICK, seed=seed), row).label for row in range(40)]

    assert physical.articles(signs) == 40 and sorted(labels(0)) == list(range(40))
    assert labels(0) == labels(0) != labels(1) and max(labels(0)[:8]) > 7


# --- what counts as wrong --------------------------------------------------------------------------------


def test_what_is_misread_as_it_is_counts_as_wrong_and_is_not_asked_again(tmp_path: Path) -> None:
    asked: list[int] = []

    def measure(subject: Subject, plan: object, ledger: Ledger, rows: list[int]) -> Seen:
        asked.extend(rows)
        return Seen([int(row == 1) for row in rows], [1] * len(rows), [])

    record = ledger(tmp_path, clean=[1, 0, 0, 1, 0, 1])
    seen = of_read(measure)(subject(), QUICK, record, [0, 1, 2, 3])
    assert seen.fooled == [1, 1, 0, 1] and asked == [1, 2]
    assert of_read(measure)(subject(), QUICK, record, [3, 5]).fooled == [1, 1] and asked == [1, 2]


class Flipped(nn.Module):
    """Reads nothing right but what was changed."""

    def forward(self, images: Tensor) -> Tensor:
        off = (images - 0.5).abs().flatten(1).amax(1)
        return torch.stack([off, 0.001 + 0 * off], 1)


def test_no_line_of_images_is_better_than_the_clean_one(tmp_path: Path) -> None:
    info = VictimInfo("flipped", tuple("ab"), (8, 8), "", "", "")
    grey = Data("grey", "test", Stored(torch.full((4, 3, 8, 8), 128).byte()), torch.zeros(4).long(), (), "")
    victim = Victim(Flipped(), info)
    shown = subject_of(victim, replace(grey, labels=torch.zeros(4).long()), CPU, (victim,))
    moved = replace(shown, images=torch.full((4, 3, 8, 8), 0.5))
    parts, record = parts_of(moved, QUICK), Ledger(tmp_path / "results.jsonl")
    for part in [part for part in parts if part.kind in ("accuracy", "trust")]:
        rows = list(range(min(4, part.rows)))
        seen = part.measure(moved, QUICK, record, rows)
        record.add(Batch(part.name, rows, seen.fooled, seen.looks))
        assert seen.fooled == [1] * len(rows), part.name


def test_an_answer_that_is_not_finite_stops_the_check_wherever_it_is_given() -> None:
    victim = linear()
    images = torch.rand(3, 3, 8, 8, generator=generator_for(0, "answers"))
    with finite_answers((victim,)):
        victim(images)
        images[1] = torch.nan
        with pytest.raises(
            RunError, match=r"linear must answer finite logits; .* to 1 of 3 images: repair it"
        ):
            victim(images)
    victim(images)  # and nobody looks any more


# --- near chance -----------------------------------------------------------------------------------------


def grade(tmp_path: Path, classes: int, right: int, n: int) -> Grade:
    info = VictimInfo("net", tuple(map(str, range(classes))), (8, 8), "", "", "")
    module = nn.Sequential(nn.Flatten(), nn.Linear(192, classes))
    shown = subject_of(
        Victim(module, info),
        Data("d", "t", Stored(torch.zeros(n, 3, 8, 8).byte()), torch.zeros(n).long(), (), ""),
        CPU,
    )
    folder = tmp_path / f"{classes}-{right}-{n}"
    folder.mkdir()
    record = ledger(folder, clean=[0] * right + [1] * (n - right))
    found = card_findings(shown, QUICK, parts_of(shown, QUICK), record)
    return next(finding.level for finding in found if finding.name == "labels")


@pytest.mark.parametrize(
    ("classes", "right", "n", "level"),
    [
        (2, 97, 100, Grade.OK),
        (2, 55, 100, Grade.FAIL),
        (2, 5, 6, Grade.OK),
        (3, 60, 100, Grade.OK),
        (3, 36, 100, Grade.FAIL),
        (10, 12, 100, Grade.FAIL),
        (10, 30, 100, Grade.WARN),
        (10, 80, 100, Grade.OK),
        (1000, 0, 100, Grade.FAIL),
        (1000, 5, 100, Grade.WARN),
        (1000, 60, 100, Grade.OK),
    ],
)
def test_only_what_is_near_chance_looks_like_labels_of_another_model(
    tmp_path: Path, classes: int, right: int, n: int, level: Grade
) -> None:
    assert grade(tmp_path, classes, right, n) is level


# --- prints ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("image_px", "input_px", "size_m"),
    [
        ((64, 64), (32, 32), (1.0, 1.0)),
        ((50, 100), (32, 32), (1.0, 0.5)),
        ((100, 50), (32, 32), (0.5, 1.0)),
        ((50, 100), (16, 32), (1.0, 1.0)),
        ((64, 64), (16, 32), (0.5, 1.0)),
    ],
)
def test_a_picture_is_printed_in_its_proportions(
    image_px: tuple[int, int], input_px: tuple[int, int], size_m: tuple[float, float]
) -> None:
    flat = print_of(image_px, input_px)
    assert (flat.width_m, flat.height_m) == pytest.approx(size_m)


def test_a_wide_picture_is_seen_wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(physical, "_backgrounds", lambda seed: in_the_world().scene.backgrounds)
    shown = replace(subject(), images=torch.ones(1, 3, 10, 40), labels=torch.zeros(1).long())
    surface = stage_of(shown, QUICK, 0).scene.surface  # type: ignore[attr-defined]
    assert (surface.width_m, surface.height_m) == (1.0, 0.25)


# --- another device --------------------------------------------------------------------------------------


@pytest.mark.gpu
def test_every_part_runs_on_the_graphics_card(tmp_path: Path) -> None:
    cuda = torch.device("cuda")
    shown = subject_of(linear().to(cuda), data(), cuda, (linear(seed=1).to(cuda),))
    record = Ledger(tmp_path / "results.jsonl")
    for part in parts_of(shown, QUICK):
        rows = list(range(min(part.rows, 3)))
        seen = part.measure(shown, QUICK, record, rows)
        record.add(Batch(part.name, rows, seen.fooled, seen.looks, seen.size))
