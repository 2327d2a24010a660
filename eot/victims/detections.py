"""What a detector says of pictures: dense scores and boxes before suppression, detections after it."""

from dataclasses import dataclass, field, replace
from functools import cached_property

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torchvision.ops import batched_nms, box_iou

from renders.places import Places


@dataclass(frozen=True)
class Operating:
    """How a detector is run.

    Args:
        threshold: the score from which a detection counts in operation.
        floor: the score below which a candidate is dropped for good; curves begin there.
        overlap: the IoU above which the weaker of two detections of one class is suppressed.
        limit: the most detections of one picture.
        every_class: a candidate may be a detection of several classes; otherwise of its best one only.
    """

    threshold: float = 0.3
    floor: float = 0.01
    overlap: float = 0.5
    limit: int = 100
    every_class: bool = False


@dataclass(frozen=True)
class Detections:
    """d places of each picture, best first: xyxy px, score, class. Padded with score 0 and class -1."""

    boxes: Float[Tensor, "*n d 4"]
    scores: Float[Tensor, "*n d"]
    labels: Int[Tensor, "*n d"]


@dataclass(frozen=True)
class Dense:
    """q candidates of each picture before suppression, differentiable.

    Args:
        boxes: left, top, right, bottom in pixels of the picture that was given.
        scores: what the threshold is held against, in [0, 1]; objectness is already in it.
        objectness: in [0, 1], where the family has it.
        places: what is known to be in the pictures `[t k]`, where a scene tells it.
    """

    boxes: Float[Tensor, "*n q 4"]
    scores: Float[Tensor, "*n q c"]
    objectness: Float[Tensor, "*n q"] | None = None
    operating: Operating = field(default_factory=Operating)
    places: Places | None = None

    @property
    def values(self) -> tuple[Tensor, Tensor]:
        """All numbers that were answered."""
        return self.scores, self.boxes

    def unflatten(self, dim: int, sizes: tuple[int, ...]) -> "Dense":
        """The candidates with one axis of pictures split in several, as Tensor.unflatten does."""
        objectness = None if self.objectness is None else self.objectness.unflatten(dim, sizes)
        boxes, scores = self.boxes.unflatten(dim, sizes), self.scores.unflatten(dim, sizes)
        return replace(self, boxes=boxes, scores=scores, objectness=objectness)

    def __getitem__(self, index: int) -> "Dense":
        """The candidates of one entry of the first axis."""
        objectness = None if self.objectness is None else self.objectness[index]
        return replace(self, boxes=self.boxes[index], scores=self.scores[index], objectness=objectness)

    def __len__(self) -> int:
        return len(self.boxes)

    @cached_property
    def detections(self) -> Detections:
        """What is left after the floor and greedy suppression within each class; without gradient."""
        pictures = self.boxes.shape[:-2]
        boxes, scores = self.boxes.detach().flatten(0, -3), self.scores.detach().flatten(0, -3)
        found = [_suppressed(b, s, self.operating) for b, s in zip(boxes, scores, strict=True)]
        return Detections(*(torch.stack(part).unflatten(0, pictures) for part in zip(*found, strict=True)))


def _suppressed(
    boxes: Float[Tensor, "q 4"], scores: Float[Tensor, "q c"], operating: Operating
) -> tuple[Tensor, Tensor, Tensor]:
    """The detections of one picture, padded to the limit."""
    if operating.every_class:
        which, labels = (scores > operating.floor).nonzero(as_tuple=True)
        best = scores[which, labels]
    else:
        # A maximum with its place takes twenty times as long as one without: of what is above the floor only.
        which = (scores.amax(-1) > operating.floor).nonzero()[:, 0]
        best, labels = scores[which].max(-1)
    kept = batched_nms(boxes[which].float(), best.float(), labels, operating.overlap)[: operating.limit]
    room = operating.limit - len(kept)
    pad = torch.nn.functional.pad
    return (
        pad(boxes[which][kept], (0, 0, 0, room)),
        pad(best[kept], (0, room)),
        pad(labels[kept], (0, room), value=-1),
    )


def overlap(boxes: Float[Tensor, "*n q 4"], others: Float[Tensor, "*n b 4"]) -> Float[Tensor, "*n q b"]:
    """Intersection over union of each box with each other one; 0 where both are empty."""
    return box_iou(boxes, others).nan_to_num(0.0)
