"""What detectors found in every view, and where the objects are: the record that AP and recall come from."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from eot.victims.any_victim import Prediction
from eot.victims.detections import Dense

# The best detections of a view that are kept; curves need the weak ones too.
KEPT = 50


@dataclass(frozen=True)
class Found:
    """Detections of m victims for a articles in n views, and the b objects of each view.

    Args:
        boxes: xyxy in pixels of the photograph, best first.
        labels: -1 where there are fewer than d.
        objects: of every view, the same for all articles and victims.
        threshold: the operating threshold of each victim.
        classes: what each object is, where things of all classes are sought; else they are of the goal's.
    """

    boxes: Float[Tensor, "m a n d 4"]
    scores: Float[Tensor, "m a n d"]
    labels: Int[Tensor, "m a n d"]
    objects: Float[Tensor, "n b 4"]
    present: Bool[Tensor, "n b"]
    threshold: Float[Tensor, " m"]
    classes: Int[Tensor, "n b"] | None = None

    def own(self, label: int | None) -> Int[Tensor, "n b"]:
        """The class of each object: `label` unless they are of many."""
        if self.classes is not None:
            return self.classes
        assert label is not None, "objects of unknown class"
        return torch.full(self.present.shape, label)


def found_in(answers: Sequence[Sequence[Prediction]]) -> Found | None:
    """The record of the answers `[f k ...]` that each victim gave to each article; None from classifiers."""
    rows = [[answer for answer in each if isinstance(answer, Dense)] for each in answers]
    places = rows[0][0].places if rows[0] else None
    if places is None:
        return None
    faces = rows[0][0].boxes.shape[0]
    return Found(
        boxes=_table([[_first(d.detections.boxes.flatten(0, 1)) for d in row] for row in rows]),
        scores=_table([[_first(d.detections.scores.flatten(0, 1)) for d in row] for row in rows]),
        labels=_table([[_first(d.detections.labels.flatten(0, 1), -1) for d in row] for row in rows]),
        objects=places.objects.repeat(faces, 1, 1).cpu(),
        present=places.present.repeat(faces, 1).cpu(),
        threshold=torch.tensor([row[0].operating.threshold for row in rows]),
        classes=None if places.classes is None else places.classes.repeat(faces, 1).cpu(),
    )


def join_found(parts: Sequence[Found | None]) -> Found | None:
    """The records of several batches as one; photographs with fewer objects are padded."""
    whole = [part for part in parts if part is not None]
    if not whole:
        return None
    most = max(part.objects.shape[1] for part in whole)
    views = {name: torch.cat([getattr(p, name) for p in whole], 2) for name in ("boxes", "scores", "labels")}
    pad = torch.nn.functional.pad
    known = [(p.classes, most - p.present.shape[1]) for p in whole if p.classes is not None]
    return Found(
        **views,
        objects=torch.cat([pad(p.objects, (0, 0, 0, most - p.objects.shape[1])) for p in whole]),
        present=torch.cat([pad(p.present, (0, most - p.present.shape[1])) for p in whole]),
        threshold=whole[0].threshold,
        classes=torch.cat([pad(c, (0, room), value=-1) for c, room in known]) if known else None,
    )


def _first(values: Float[Tensor, "n d *c"] | Int[Tensor, "n d *c"], fill: int = 0) -> Tensor:
    """The first KEPT of each view, filled up where there are fewer."""
    kept = values[:, :KEPT]
    room = kept.new_full((len(kept), KEPT - kept.shape[1], *kept.shape[2:]), fill)
    return torch.cat([kept, room], 1)


def _table(rows: list[list[Tensor]]) -> Tensor:
    return torch.stack([torch.stack(row) for row in rows]).cpu()
