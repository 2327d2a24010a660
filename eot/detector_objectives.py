"""What the attack wants of a detector: to hide an object, to make one appear, to have it called another."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from eot.aims import Outcome, Reading
from eot.detector_readings import (
    MATCH,
    TINY,
    Hiding,
    fires,
    found,
    nearness,
    none_fires,
    over_objects,
    places_in,
    reading,
)
from eot.victims.detections import Dense
from renders.places import Places


@dataclass(frozen=True)
class Hide:
    """Objects of class `label` are no longer found where they are, or nowhere in the picture.

    `objectness` attacks what the family says of there being anything at all, instead of the class score.
    """

    label: int
    hiding: Hiding = none_fires
    everywhere: bool = False
    objectness: bool = False

    @property
    def target(self) -> None:
        """Hidden objects are read as nothing in particular."""
        return None

    @property
    def text(self) -> str:
        """The goal in words."""
        return "not to be found anywhere" if self.everywhere else "not to be found where it is"

    def judge(self, dense: Dense) -> Bool[Tensor, "t k"]:
        """Pictures in which no object is found any more; not those that hold none."""
        if self.everywhere:
            lost = ~fires(dense, self.label).any(-1).any(-1)
        else:
            lost = (~found(dense, self.label) | ~places_in(dense).present).all(-1)
        return lost & places_in(dense).present.any(-1)

    def read(self, dense: Dense) -> Reading:
        """What the detector makes of the objects."""
        return reading(dense, self.label)

    def __call__(self, dense: Dense) -> Outcome:
        """How much the detector still sees of the objects, and whether they are hidden."""
        score = dense.scores[..., self.label]
        if self.objectness and dense.objectness is not None:
            score = dense.objectness
        near = nearness(dense)
        if self.everywhere:
            near = torch.ones_like(near)
        return Outcome(over_objects(self.hiding(score[..., None], near), dense), self.judge(dense))


@dataclass(frozen=True)
class Appear:
    """Something of class `target` is found on the article, where there is nothing of the kind."""

    target: int

    @property
    def label(self) -> None:
        """There is nothing there to be recognised."""
        return None

    @property
    def text(self) -> str:
        """The goal in words."""
        return "to be found where there is none"

    def judge(self, dense: Dense) -> Bool[Tensor, "t k"]:
        """Pictures with a detection of the class whose centre lies on an article."""
        return _on_article(dense, self.target).amax(-1) > 0

    def read(self, dense: Dense) -> Reading:
        """The class of the best detection whose centre lies on an article, or nothing."""
        detections, classes = dense.detections, dense.scores.shape[-1]
        on = _centred(detections.boxes, places_in(dense)).any(-1)
        score = torch.where(on & (detections.scores >= dense.operating.threshold), detections.scores, 0.0)
        best, index = score.max(-1)
        label = detections.labels.gather(-1, index[..., None])[..., 0]
        return Reading(torch.where(best > 0, label, classes), best)

    def __call__(self, dense: Dense) -> Outcome:
        """Minus the logarithm of the best score that such a candidate has, and whether it is found."""
        on = _centred(dense.boxes, places_in(dense))
        score = (dense.scores[..., self.target][..., None] * on).amax(-2)
        return Outcome(over_objects(-score.clamp_min(TINY).log(), dense), self.judge(dense))


@dataclass(frozen=True)
class Mislabel:
    """Objects of class `label` are found as `target`."""

    label: int
    target: int
    hiding: Hiding = none_fires

    @property
    def text(self) -> str:
        """The goal in words."""
        return "to be found as the target"

    def judge(self, dense: Dense) -> Bool[Tensor, "t k"]:
        """Pictures in which every object is found as the target, and none as what it is."""
        right = found(dense, self.target) & ~found(dense, self.label)
        present = places_in(dense).present
        return (right | ~present).all(-1) & present.any(-1)

    def read(self, dense: Dense) -> Reading:
        """What the detector makes of the objects."""
        return reading(dense, self.label)

    def __call__(self, dense: Dense) -> Outcome:
        """How much is seen of the class, plus how little of the target, in candidates near the object."""
        near = nearness(dense)
        hidden = self.hiding(dense.scores[..., self.label, None], near)
        seen = (dense.scores[..., self.target][..., None] * (near > MATCH)).amax(-2)
        return Outcome(over_objects(hidden - seen.clamp_min(TINY).log(), dense), self.judge(dense))


DetectorObjective = Hide | Appear | Mislabel


def _centred(boxes: Float[Tensor, "t k q 4"], places: Places) -> Bool[Tensor, "t k q b"]:
    """The boxes whose centre lies within an article that is there."""
    centre = (boxes[..., :2] + boxes[..., 2:])[..., None, :] / 2
    inside = (centre >= places.articles[:, None, :, :2]) & (centre <= places.articles[:, None, :, 2:])
    return inside.all(-1) & places.present[:, None]


def _on_article(dense: Dense, label: int) -> Float[Tensor, "t k d"]:
    """The scores of detections of a class whose centre lies on an article; 0 for others."""
    on = _centred(dense.detections.boxes, places_in(dense)).any(-1)
    return dense.detections.scores * (on & fires(dense, label)[..., 0])
