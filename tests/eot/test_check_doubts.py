"""What a check refuses to measure, and the signs by which it doubts its own attacks."""

import math
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from eot.check.findings import card_findings, model_findings
from eot.check.ledger import Batch
from eot.check.parts import parts_of
from eot.check.plan import plan_of
from eot.check.subject import in_range, subject_of
from eot.data import Data
from eot.evidence.findings import Grade
from eot.victims.victim import Victim, VictimInfo
from renders.errors import InputError, RunError
from tests.eot.parts import linear
from tests.eot.subjects import CPU, data, ledger, subject

# --- what does not fit -----------------------------------------------------------------------------------


def test_labels_that_are_no_class_of_the_victim_are_named() -> None:
    wrong = Data("some", "test", data().images, torch.tensor([0, 1, 2, 3, 1, 1]), tuple("abcd"), "0" * 64)
    with pytest.raises(InputError, match="classes of linear, 0 to 2; got 0 to 3"):
        subject_of(linear(), wrong, CPU)


class Loud:
    """Images that are not in [0, 1]."""

    def __len__(self) -> int:
        return 3

    def take(self, rows: Tensor) -> Tensor:
        return torch.full((len(rows), 3, 8, 8), 7.0)

    def part(self, rows: Tensor) -> "Loud":
        return self


def test_data_outside_the_range_are_refused() -> None:
    loud = Data("loud", "test", Loud(), torch.tensor([0, 1, 2]), tuple("abc"), "0" * 64)
    with pytest.raises(InputError, match=r"the images of loud .* from 7 to 7: divide by 255"):
        subject_of(linear(), loud, CPU)


@pytest.mark.parametrize("channels", [1, 3])
def test_images_outside_the_range_are_named(channels: int) -> None:
    with pytest.raises(InputError, match=r"in \[0, 1\]; got values from 7 to 7: divide by 255"):
        in_range(torch.full((2, channels, 8, 8), 7.0), "some")
    with pytest.raises(InputError, match=r"the images of some"):
        in_range(torch.full((2, channels, 8, 8), math.nan), "some")


def test_answers_that_are_not_finite_stop_the_check() -> None:
    info = VictimInfo("broken", tuple("abc"), (8, 8), "", "", "")

    class Broken(nn.Module):
        def forward(self, images: Tensor) -> Tensor:
            return images.flatten(1)[:, :3] * torch.nan

    with pytest.raises(RunError, match="broken must answer finite logits"):
        subject_of(Victim(Broken(), info), data(), CPU)


def test_surrogates_must_know_the_same_classes() -> None:
    info = VictimInfo("two", tuple("ab"), (8, 8), "", "", "")
    two = Victim(nn.Sequential(nn.Flatten(), nn.Linear(192, 2)), info)
    with pytest.raises(InputError, match="linear has 3 of them, two another number"):
        subject_of(linear(), data(), CPU, (two,))


# --- signs that an attack was weak -----------------------------------------------------------------------


def levels_of(findings: list) -> dict[str, Grade]:  # type: ignore[type-arg]
    return {finding.name: finding.level for finding in findings}


class Sure(nn.Module):
    """Softmax of a saturated net: probabilities, and no gradient."""

    def forward(self, images: Tensor) -> Tensor:
        return (1e4 * linear().module(images)).softmax(1)


def test_probabilities_and_vanished_gradients_are_found() -> None:
    info = VictimInfo("sure", tuple("abc"), (8, 8), "", "", "")
    found = levels_of(model_findings(subject(Victim(Sure(), info))))
    assert (
        found["logits"] is Grade.FAIL and found["gradients"] is Grade.FAIL and found["descent"] is Grade.FAIL
    )
    plain = levels_of(model_findings(subject()))
    assert set(plain.values()) == {Grade.OK}


def test_a_black_box_that_beats_the_white_box_is_a_failure(tmp_path: Path) -> None:
    plan = plan_of("quick", "8/255", "linf", 0)
    masked = ledger(tmp_path, clean=[0] * 6, noise_at_8_255=[0] * 6, pgd_at_8_255=[0] * 6)
    masked.add(Batch("square@8/255", list(range(6)), [1, 1, 1, 1, 1, 0], [1] * 6))
    masked.add(Batch("unlimited", list(range(6)), [0] * 6, [1] * 6))
    found = levels_of(card_findings(subject(), plan, parts_of(subject(), plan), masked))
    assert found["white box beats black box"] is Grade.FAIL
    assert found["unlimited radius"] is Grade.FAIL
    assert found["noise control"] is Grade.WARN


def test_a_card_that_agrees_with_itself_raises_no_doubt(tmp_path: Path) -> None:
    plan = plan_of("quick", "8/255", "linf", 0)
    fine = ledger(tmp_path, clean=[0] * 6, noise_at_8_255=[0] * 6, fgsm_at_8_255=[1, 1, 1, 0, 0, 0])
    for name in ("pgd@8/255", "short@8/255", "square@8/255", "unlimited"):
        fine.add(Batch(name, list(range(6)), [1] * 6, [1] * 6))
    found = card_findings(subject(), plan, parts_of(subject(), plan), fine)
    assert {finding.level for finding in found} == {Grade.OK}


def test_labels_of_another_numbering_are_a_failure(tmp_path: Path) -> None:
    plan = plan_of("quick", "8/255", "linf", 0)
    found = card_findings(subject(), plan, parts_of(subject(), plan), ledger(tmp_path, clean=[1] * 6))
    assert levels_of(found)["labels"] is Grade.FAIL
