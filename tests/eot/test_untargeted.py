"""An untargeted fall of mAP: what counts as success, where its loss leads, and the mean over classes."""

from dataclasses import replace

import pytest
import torch

from eot.detector_readings import HIDING, none_fires
from eot.evidence.detection import detected
from eot.evidence.found import join_found
from eot.runs.labels import known_number, objective_of
from eot.runs.records import decode_evaluation, encode_evaluation
from eot.runs.sections import ObjectiveTable
from eot.untargeted_objective import Degrade
from eot.victims import Dense, Operating, load_victims
from renders.errors import InputError
from renders.places import Places
from tests.conftest import ROOT
from tests.eot.test_detection import FAR, LEFT, RIGHT, evaluation, found

PERSON, DOG, CAT = 0, 1, 2
BOXES = [[10.0, 10, 50, 90], [60.0, 10, 95, 90], [0.0, 0, 0, 0]]


def seen(*scores: tuple[int, int, float], classes: tuple[int, ...] = (PERSON, DOG, -1)) -> Dense:
    """One view of a person and a dog: the thing whose box a candidate has, its class and its score."""
    boxes = torch.tensor([[[BOXES[thing] for thing, _, _ in scores]]])
    table = torch.zeros(1, 1, len(scores), 3)
    for i, (_, label, score) in enumerate(scores):
        table[..., i, label] = score
    places = Places(
        torch.tensor([BOXES]),
        torch.zeros(1, 3, 4),
        torch.tensor([[True, True, False]]),
        torch.tensor([classes]),
    )
    return Dense(boxes, table, operating=Operating(threshold=0.3), places=places)


@pytest.mark.parametrize(
    ("dense", "spoilt", "label"),
    [
        (seen((0, PERSON, 0.9), (1, DOG, 0.9)), False, PERSON),
        (seen((0, PERSON, 0.9), (1, DOG, 0.1)), False, 3),  # half of them is not fewer than half
        (seen((0, DOG, 0.9), (1, PERSON, 0.9)), True, DOG),  # right classes, wrong things
        (seen((0, PERSON, 0.1), (1, CAT, 0.9)), True, 3),
        (seen((0, CAT, 0.8), (1, DOG, 0.9)), False, CAT),
    ],
)
def test_a_frame_is_spoilt_where_fewer_than_half_of_its_things_are_found(
    dense: Dense, spoilt: bool, label: int
) -> None:
    assert bool(Degrade().judge(dense)) is spoilt
    assert int(Degrade().read(dense).label) == label


def test_a_frame_without_things_is_never_spoilt() -> None:
    dense = seen((0, PERSON, 0.1))
    assert dense.places is not None
    empty = replace(dense, places=replace(dense.places, present=torch.zeros(1, 3, dtype=torch.bool)))
    assert not bool(Degrade().judge(empty)) and float(Degrade()(empty).loss) == 0


def test_the_loss_is_the_mean_over_things_of_hiding_each_in_its_own_class() -> None:
    dense = seen((0, PERSON, 0.5), (0, DOG, 0.9), (1, DOG, 0.8))
    expected = -(torch.tensor(0.5).log() + torch.tensor(0.2).log()) / 2
    assert torch.allclose(Degrade(none_fires)(dense).loss, expected)
    scores = dense.scores.requires_grad_()
    (slope,) = torch.autograd.grad(Degrade()(dense).loss.sum(), scores)
    assert float(slope[0, 0, 0, PERSON]) > 0 and float(slope[0, 0, 2, DOG]) > 0
    assert float(slope[0, 0, 1, DOG]) == 0  # the person's box as a dog: no thing's own class


def test_objectness_is_attacked_where_the_family_has_it() -> None:
    dense = seen((0, PERSON, 0.5), (1, DOG, 0.8))
    told = replace(dense, objectness=torch.tensor([[[0.9, 0.6]]]))
    aim = Degrade(HIDING["objectness"], objectness=True)
    assert float(aim(told).loss) == pytest.approx((0.9 + 0.6) / 2)
    assert float(aim(dense).loss) == pytest.approx((0.5 + 0.8) / 2)


def test_of_a_picture_without_annotations_the_error_says_what_is_missing() -> None:
    dense = seen((0, PERSON, 0.5))
    assert dense.places is not None
    with pytest.raises(InputError, match=r"surface\.kind = objects"):
        Degrade().judge(replace(dense, places=replace(dense.places, classes=None)))


def test_mean_average_precision_is_the_mean_of_the_classes_worked_out_by_hand() -> None:
    """Persons: right, then wrong: 1. Dogs: wrong, then right: 1/2. Findings of a third class: no part."""
    view = [(LEFT, 0, 0.9), (FAR, 0, 0.6), (FAR, 1, 0.8), (RIGHT, 1, 0.7), (FAR, 2, 0.95)]
    record = replace(found(view, view, articles=2), classes=torch.tensor([[0, 1]]))
    row = detected(replace_goal(evaluation(record, ("attack", "clean"), [0])), "attack")
    assert row.average_precision.value == pytest.approx(0.75) and row.classes == 2
    assert row.recall.value == 1.0 and row.lost.value == 0.0


def replace_goal(whole):  # type: ignore[no-untyped-def]
    """The evaluation of an untargeted goal."""
    return replace(whole, goal=replace(whole.goal, label=None, target=None))


def test_things_called_each_other_are_renamed_and_count_as_lost_recall() -> None:
    swapped, right = [(LEFT, 1, 0.9), (RIGHT, 0, 0.9)], [(LEFT, 0, 0.9), (RIGHT, 1, 0.9)]
    record = replace(found(swapped, right, articles=2), classes=torch.tensor([[0, 1]]))
    row = detected(replace_goal(evaluation(record, ("attack", "clean"), [0])), "attack")
    assert (row.recall.value, row.renamed.value, row.phantoms.value) == (0.0, 1.0, 0.0)


def test_classes_of_things_survive_batches_of_other_sizes_and_the_archive() -> None:
    view = [(LEFT, 0, 0.9)]
    wide = replace(found(view), classes=torch.tensor([[0, 1]]))
    narrow = replace(
        wide, objects=wide.objects[:, :1], present=wide.present[:, :1], classes=torch.tensor([[0]])
    )
    both = join_found([wide, narrow])
    assert both is not None and both.classes is not None and both.classes.tolist() == [[0, 1], [0, -1]]
    whole = replace_goal(evaluation(both, ("attack",), [0, 1]))
    again = decode_evaluation(encode_evaluation(whole), "here").seen.found
    assert again is not None and again.classes is not None and torch.equal(again.classes, both.classes)


def test_annotated_names_and_numbers_are_found_among_the_victims_classes() -> None:
    victims = load_victims((f"python:{ROOT}/tests/tiny_detector.py:net",), None)
    assert [known_number(name, victims) for name in ("red thing", "2", "7", "purple thing")] == [
        0,
        2,
        None,
        None,
    ]
    assert objective_of(ObjectiveTable(kind="degrade"), victims, None) == Degrade()
    with pytest.raises(InputError, match="things of all classes"):
        ObjectiveTable(kind="degrade", label="red thing")
