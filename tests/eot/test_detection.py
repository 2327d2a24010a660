"""Recall, average precision and the rest against closed forms and a plain implementation."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from eot.evidence.detection import area, curve, detected
from eot.evidence.evaluation import Evaluation, Goal, Judge, Seen
from eot.evidence.found import KEPT, Found, join_found
from eot.evidence.matching import matches
from eot.runs.records import decode_evaluation, encode_evaluation
from eot.streams import generator_for
from renders.conditions import still

LABELS = ("person", "dog", "nothing")
LEFT, RIGHT, FAR = [0.0, 0, 10, 20], [30.0, 0, 40, 20], [70.0, 0, 80, 20]


def found(*views: list[tuple[list[float], int, float]], articles: int = 1) -> Found:
    """Views of one victim, article after article; two objects in each view."""
    boxes, scores = torch.zeros(1, len(views), KEPT, 4), torch.zeros(1, len(views), KEPT)
    labels = torch.full((1, len(views), KEPT), -1)
    for n, view in enumerate(views):
        for d, (box, label, score) in enumerate(sorted(view, key=lambda each: -each[2])):
            boxes[0, n, d], labels[0, n, d], scores[0, n, d] = torch.tensor(box), label, score
    n = len(views) // articles
    there = torch.tensor([LEFT, RIGHT]).expand(n, 2, 4)
    return Found(
        boxes.unflatten(1, (articles, n)),
        scores.unflatten(1, (articles, n)),
        labels.unflatten(1, (articles, n)),
        there,
        torch.ones(there.shape[:2], dtype=torch.bool),
        torch.tensor([0.3]),
    )


def evaluation(record: Found, articles: tuple[str, ...], photos: list[int]) -> Evaluation:
    m, a, n = record.scores.shape[:3]
    nothing = torch.zeros(m, a, n)
    condition = replace(still(n), background=torch.tensor(photos))
    seen = Seen(
        articles,
        condition,
        torch.zeros(n).long(),
        torch.zeros(n).long(),
        nothing.long(),
        nothing,
        nothing > 0,
    )
    judges = (Judge("tiny", "", LABELS),)
    return Evaluation(judges, Goal("not to be found where it is", None, 0), replace(seen, found=record))


def test_each_object_is_taken_by_one_detection_and_the_second_is_a_miss() -> None:
    record = found([(LEFT, 0, 0.9), (LEFT, 0, 0.8), (RIGHT, 1, 0.7), (FAR, 0, 0.6)])
    here = matches(record, 0, 0, 0)
    assert here.hit[0, :4].tolist() == [True, False, False, False]
    assert here.miss[0, :4].tolist() == [False, True, False, True]
    assert here.taken_at[0].tolist() == pytest.approx([0.9, 0.0])
    assert here.renamed_at[0].tolist() == pytest.approx([0.0, 0.7])


def test_average_precision_is_the_area_that_can_be_worked_out_by_hand() -> None:
    # Right, wrong, right over two objects: precision 1 up to recall 1/2, then 2/3.
    record = found([(LEFT, 0, 0.9), (FAR, 0, 0.8), (RIGHT, 0, 0.7)])
    assert area(curve(matches(record, 0, 0, 0), record)) == pytest.approx(0.5 + 0.5 * 2 / 3)


def test_a_detection_of_an_object_hardly_in_view_is_neither_right_nor_wrong() -> None:
    record = found([(LEFT, 0, 0.9), (RIGHT, 0, 0.8)])
    record = replace(record, present=torch.tensor([[True, False]]))
    assert area(curve(matches(record, 0, 0, 0), record)) == pytest.approx(1.0)


def plain_average_precision(record: Found) -> float:
    """The textbook's loop: detections of all views by score, each taking its best free object."""
    rows = [
        (float(record.scores[0, 0, n, d]), n, record.boxes[0, 0, n, d])
        for n in range(record.scores.shape[2])
        for d in range(KEPT)
        if record.labels[0, 0, n, d] == 0
    ]
    taken, right, wrong, points = set(), 0, 0, []
    for _, n, box in sorted(rows, key=lambda row: -row[0]):
        best = max(range(2), key=lambda b: iou(box, record.objects[n, b]) * ((n, b) not in taken))
        if iou(box, record.objects[n, best]) >= 0.5 and (n, best) not in taken:
            taken.add((n, best))
            right += 1
        else:
            wrong += 1
        points.append((right / record.present.sum().item(), right / (right + wrong)))
    total, last = 0.0, 0.0
    for i, (recall, _) in enumerate(points):
        total += (recall - last) * max(precision for _, precision in points[i:])
        last = recall
    return total


def iou(a: Tensor, b: Tensor) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    common = max(0.0, float(width)) * max(0.0, float(height))
    return common / float((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common)


def test_average_precision_agrees_with_the_textbooks_loop_on_random_detections() -> None:
    generator = generator_for(5, "detections")
    views = []
    for _ in range(12):
        draw = torch.rand(6, 2, generator=generator).tolist()
        views.append([([30 * round(x), 8 * x, 30 * round(x) + 10, 20 + 8 * x], 0, s) for x, s in draw])
    record = found(*views)
    ours = area(curve(matches(record, 0, 0, 0), record))
    assert 0.1 < ours < 0.9 and ours == pytest.approx(plain_average_precision(record), abs=1e-6)


def test_lost_renamed_and_phantom_are_counted_against_the_clean_frames() -> None:
    clean = [(LEFT, 0, 0.9), (RIGHT, 0, 0.9)]
    lost, renamed = [(RIGHT, 0, 0.9)], [(LEFT, 1, 0.9), (RIGHT, 0, 0.9)]
    phantom = [*clean, (FAR, 1, 0.5)]
    record = found(lost, renamed, phantom, clean, clean, clean, articles=2)
    here = detected(evaluation(record, ("attack", "clean"), [0, 1, 2]), "attack")
    assert here.recall.value == pytest.approx(4 / 6) and here.recall.n == 6 and here.recall.photos == 3
    assert here.lost.value == pytest.approx(1 / 6) and here.renamed.value == pytest.approx(1 / 6)
    assert here.phantoms.value == pytest.approx(1 / 3)
    assert here.recall.low < 4 / 6 < here.recall.high
    assert detected(evaluation(record, ("attack", "clean"), [0, 1, 2]), "clean").recall.value == 1.0


def test_views_of_one_photo_say_nothing_about_other_photos() -> None:
    record = found([(LEFT, 0, 0.9)], [], [(LEFT, 0, 0.9)], [(LEFT, 0, 0.9)], articles=2)
    recall = detected(evaluation(record, ("attack", "clean"), [4, 4]), "attack").recall
    assert (recall.low, recall.high, recall.photos) == (0.0, 1.0, 1)


def test_the_record_of_what_was_found_comes_back_from_its_bytes() -> None:
    whole = evaluation(found([(LEFT, 0, 0.9)], [], articles=2), ("attack", "clean"), [0])
    again = decode_evaluation(encode_evaluation(whole), "here")
    assert again.seen.found is not None and whole.seen.found is not None
    assert torch.equal(again.seen.found.scores, whole.seen.found.scores)


def test_batches_with_fewer_objects_are_padded_with_absent_ones() -> None:
    two = found([(LEFT, 0, 0.9)])
    one = replace(two, objects=two.objects[:, :1], present=two.present[:, :1])
    joined = join_found([one, two])
    assert joined is not None and joined.present.tolist() == [[True, False], [True, True]]
