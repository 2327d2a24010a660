"""Hide, appear and mislabel: what they count as success, and that their losses lead there."""

import pytest
import torch
from torch import Tensor

from eot.detector_objectives import Appear, Hide, Mislabel
from eot.detector_readings import HIDING, none_fires
from eot.victims import Dense, Operating
from renders.places import Places

PERSON, DOG, CAT = 0, 1, 2
# One object at the left of a picture of 100 px, its article in the middle of it.
BOX, ELSEWHERE = [10.0, 10, 50, 90], [60.0, 10, 95, 90]
ARTICLE = [20.0, 40, 40, 60]


def places(present: bool = True) -> Places:
    return Places(torch.tensor([[BOX]]), torch.tensor([[ARTICLE]]), torch.tensor([[present]]))


def seen(*candidates: tuple[list[float], int, float], present: bool = True) -> Dense:
    """One picture under one view, `[t k] = [1 1]`: a box, its class and its score per candidate."""
    boxes = torch.tensor([[[box for box, _, _ in candidates]]])
    scores = torch.zeros(1, 1, len(candidates), 3)
    for i, (_, label, score) in enumerate(candidates):
        scores[..., i, label] = score
    return Dense(boxes, scores, operating=Operating(threshold=0.3), places=places(present))


def shifted(box: list[float], x_px: float) -> list[float]:
    return [box[0] + x_px, box[1], box[2] + x_px, box[3]]


@pytest.mark.parametrize(
    ("dense", "hidden", "label"),
    [
        (seen((BOX, PERSON, 0.9)), False, PERSON),
        (seen((BOX, PERSON, 0.2)), True, 3),
        (seen((BOX, PERSON, 0.2), (BOX, DOG, 0.5)), True, DOG),
        (seen((ELSEWHERE, PERSON, 0.9)), True, 3),
        (seen((shifted(BOX, 10), PERSON, 0.9)), False, PERSON),  # IoU 0.6
        (seen((shifted(BOX, 20), PERSON, 0.9)), True, 3),  # IoU 0.33
        (seen((BOX, PERSON, 0.2), present=False), False, 3),
    ],
)
def test_an_object_is_hidden_where_no_detection_of_its_class_lies_on_it(
    dense: Dense, hidden: bool, label: int
) -> None:
    hide = Hide(PERSON)
    assert bool(hide.judge(dense)) is hidden
    assert int(hide.read(dense).label) == label
    assert bool(hide(dense).success) is hidden


def test_a_class_is_hidden_everywhere_only_where_none_of_it_is_left_in_the_picture() -> None:
    left = seen((BOX, PERSON, 0.1), (ELSEWHERE, PERSON, 0.9))
    assert bool(Hide(PERSON).judge(left)) and not bool(Hide(PERSON, everywhere=True).judge(left))
    assert float(Hide(PERSON)(left).loss) < float(Hide(PERSON, everywhere=True)(left).loss)


def test_only_views_in_which_all_objects_are_lost_count_as_hidden() -> None:
    two = Places(
        torch.tensor([[BOX, ELSEWHERE]]), torch.tensor([[ARTICLE] * 2]), torch.ones(1, 2, dtype=torch.bool)
    )
    one_left = Dense(*parts((ELSEWHERE, PERSON, 0.8)), places=two)
    none_left = Dense(*parts((ELSEWHERE, PERSON, 0.1)), places=two)
    assert not bool(Hide(PERSON).judge(one_left)) and bool(Hide(PERSON).judge(none_left))
    assert int(Hide(PERSON).read(one_left).label) == 3  # the first one is taken for nothing


def parts(*candidates: tuple[list[float], int, float]) -> tuple[Tensor, Tensor]:
    dense = seen(*candidates)
    return dense.boxes, dense.scores


def test_the_loss_of_hiding_is_minus_the_logarithm_of_nothing_being_found() -> None:
    score, near = torch.tensor([[[[0.5], [0.2], [0.9]]]]), torch.tensor([[[[1.0], [0.4], [0.0]]]])
    # The third is not near the object: (1 - 0.5)(1 - 0.2) = 0.4.
    assert torch.allclose(none_fires(score, near), -torch.tensor(0.4).log())


@pytest.mark.parametrize("name", HIDING)
def test_every_hiding_loss_falls_as_the_object_fades_and_its_gradient_meets_the_score(name: str) -> None:
    losses = []
    for score in (0.9, 0.5, 0.1):
        dense = seen((BOX, PERSON, score), (BOX, DOG, 0.4))
        scores = dense.scores.requires_grad_()
        loss = Hide(PERSON, HIDING[name])(dense).loss
        (slope,) = torch.autograd.grad(loss.sum(), scores)
        assert float(slope[0, 0, 0, PERSON]) > 0 and float(slope[0, 0, 1, DOG]) == 0
        losses.append(float(loss.detach()))
    assert losses == sorted(losses, reverse=True)


def test_objectness_is_attacked_where_the_family_has_it() -> None:
    dense = seen((BOX, PERSON, 0.9))
    with_objectness = Dense(dense.boxes, dense.scores, torch.tensor([[[0.6]]]), places=dense.places)
    loss = Hide(PERSON, HIDING["objectness"], objectness=True)(with_objectness).loss
    assert torch.allclose(loss, torch.tensor([[0.6]]))


def test_something_appears_where_a_detection_is_centred_on_the_article() -> None:
    appear = Appear(CAT)
    there, beside, weak = ((ARTICLE, CAT, 0.8), (ELSEWHERE, CAT, 0.8), (ARTICLE, CAT, 0.2))
    assert bool(appear.judge(seen(there)))
    assert not bool(appear.judge(seen(beside))) and not bool(appear.judge(seen(weak)))
    assert int(appear.read(seen(there)).label) == CAT and int(appear.read(seen(weak)).label) == 3
    assert float(appear(seen(there)).loss) < float(appear(seen(weak)).loss)


def test_an_object_is_mislabelled_where_it_is_found_as_the_target_and_not_as_itself() -> None:
    aim = Mislabel(PERSON, DOG)
    assert bool(aim.judge(seen((BOX, DOG, 0.8))))
    assert not bool(aim.judge(seen((BOX, DOG, 0.8), (shifted(BOX, 6), PERSON, 0.5))))
    assert not bool(aim.judge(seen((BOX, PERSON, 0.1))))
    assert float(aim(seen((BOX, DOG, 0.8))).loss) < float(aim(seen((BOX, PERSON, 0.8))).loss)


def test_the_confidence_of_a_found_object_is_the_score_of_the_detection_on_it() -> None:
    assert float(
        Hide(PERSON).read(seen((BOX, PERSON, 0.8), (ELSEWHERE, PERSON, 0.9))).confidence
    ) == pytest.approx(0.8)
