"""What the attack wants of a detector: to hide an object, to make one appear, or to have it called another.

A candidate fires independently with its score as probability: "nothing is found" then has probability
Π (1 - s), and its logarithm is a loss with gradient for every candidate that still fires. The literature
takes the largest score instead (Thys et al. 2019, section 3.1: of class, objectness or both).
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from eot.aims import Outcome, Reading
from eot.victims.detections import Dense, overlap
from renders.places import Places

# A detection is of an object where their boxes overlap by this IoU (Everingham et al. 2010, section 4.2).
MATCH = 0.5
# Candidates this near take part in the loss: an attack must not only push the box off the object.
NEAR = 0.2
# Keeps the logarithm of a probability finite.
TINY = 1e-6

Score = Float[Tensor, "t k q"]
Near = Float[Tensor, "t k q b"]
Hiding = Callable[[Score, Near], Float[Tensor, "t k b"]]


def none_fires(score: Score, near: Near) -> Float[Tensor, "t k b"]:
    """-log of the probability that no near candidate fires."""
    return -((1 - score).clamp_min(TINY).log()[..., None] * (near > NEAR)).sum(-2)


def largest(score: Score, near: Near) -> Float[Tensor, "t k b"]:
    """The largest score of a near candidate (Thys et al. 2019)."""
    return (score[..., None] * (near > NEAR)).amax(-2)


def largest_by_overlap(score: Score, near: Near) -> Float[Tensor, "t k b"]:
    """The largest score weighted by its IoU with the object."""
    return (score[..., None] * near).amax(-2)


HIDING: dict[str, Hiding] = {
    "none_fires": none_fires,
    "largest": largest,
    "overlap": largest_by_overlap,
    "objectness": largest,
}


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
            lost = ~_fires(dense, self.label).any(-1)
        else:
            lost = (~found(dense, self.label) | ~_places(dense).present).all(-1)
        return lost & _places(dense).present.any(-1)

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
        return Outcome(_over_objects(self.hiding(score, near), dense), self.judge(dense))


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
        return _on_article(dense, self.target, dense.operating.threshold).amax(-1) > 0

    def read(self, dense: Dense) -> Reading:
        """The class of the best detection whose centre lies on an article, or nothing."""
        detections, classes = dense.detections, dense.scores.shape[-1]
        on = _centred(detections.boxes, _places(dense)).any(-1)
        score = torch.where(on & (detections.scores >= dense.operating.threshold), detections.scores, 0.0)
        best, index = score.max(-1)
        label = detections.labels.gather(-1, index[..., None])[..., 0]
        return Reading(torch.where(best > 0, label, classes), best)

    def __call__(self, dense: Dense) -> Outcome:
        """Minus the logarithm of the best score that such a candidate has, and whether it is found."""
        on = _centred(dense.boxes, _places(dense))
        score = (dense.scores[..., self.target][..., None] * on).amax(-2)
        return Outcome(_over_objects(-score.clamp_min(TINY).log(), dense), self.judge(dense))


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
        present = _places(dense).present
        return (right | ~present).all(-1) & present.any(-1)

    def read(self, dense: Dense) -> Reading:
        """What the detector makes of the objects."""
        return reading(dense, self.label)

    def __call__(self, dense: Dense) -> Outcome:
        """How much is seen of the class, plus how little of the target, in candidates near the object."""
        near = nearness(dense)
        hidden = self.hiding(dense.scores[..., self.label], near)
        seen = (dense.scores[..., self.target][..., None] * (near > MATCH)).amax(-2)
        return Outcome(_over_objects(hidden - seen.clamp_min(TINY).log(), dense), self.judge(dense))


DetectorObjective = Hide | Appear | Mislabel


def nearness(dense: Dense) -> Near:
    """The IoU of every candidate with every object; without gradient, so that scores fall, not boxes move."""
    return overlap(dense.boxes.detach(), _objects(dense))


def found(dense: Dense, label: int) -> Bool[Tensor, "t k b"]:
    """The objects that are found as a class, at the operating threshold."""
    return (
        (overlap(dense.detections.boxes, _objects(dense)) >= MATCH)
        .logical_and(_fires(dense, label)[..., None])
        .any(-2)
    )


def reading(dense: Dense, label: int) -> Reading:
    """See `Reading`."""
    detections, classes = dense.detections, dense.scores.shape[-1]
    covers = overlap(detections.boxes, _objects(dense)) >= MATCH
    fires = detections.scores >= dense.operating.threshold
    present = _places(dense).present
    is_own = covers & _fires(dense, label)[..., None]
    own = torch.where(is_own, detections.scores[..., None], 0).amax(-2)
    lost = (own == 0) & present
    first = lost.byte().argmax(-1, keepdim=True)
    covering = covers.gather(-1, first[..., None, :].expand(*covers.shape[:-1], 1))[..., 0]
    other, index = torch.where(covering & fires, detections.scores, 0.0).max(-1)
    taken_for = torch.where(other > 0, detections.labels.gather(-1, index[..., None])[..., 0], classes)
    all_found = ~lost.any(-1) & present.any(-1)
    sure = torch.where(present, own, 1.0).amin(-1)
    return Reading(torch.where(all_found, label, taken_for), torch.where(all_found, sure, other))


def _fires(dense: Dense, label: int) -> Bool[Tensor, "t k d"]:
    detections = dense.detections
    return (detections.labels == label) & (detections.scores >= dense.operating.threshold)


def _places(dense: Dense) -> Places:
    assert dense.places is not None, "the scene does not say where its objects are"
    return dense.places.to(dense.boxes)


def _objects(dense: Dense) -> Float[Tensor, "t k b 4"]:
    objects = _places(dense).objects
    return objects.expand(*dense.boxes.shape[:-2], *objects.shape[-2:])


def _centred(boxes: Float[Tensor, "t k q 4"], places: Places) -> Bool[Tensor, "t k q b"]:
    """The boxes whose centre lies within an article that is there."""
    centre = (boxes[..., :2] + boxes[..., 2:])[..., None, :] / 2
    inside = (centre >= places.articles[:, None, :, :2]) & (centre <= places.articles[:, None, :, 2:])
    return inside.all(-1) & places.present[:, None]


def _on_article(dense: Dense, label: int, threshold: float) -> Float[Tensor, "t k d"]:
    """The scores of detections of a class whose centre lies on an article; 0 for others."""
    on = _centred(dense.detections.boxes, _places(dense)).any(-1)
    return dense.detections.scores * (on & _fires(dense, label))


def _over_objects(loss: Float[Tensor, "t k b"], dense: Dense) -> Float[Tensor, "t k"]:
    """The mean over the objects that are in each picture."""
    present = _places(dense).present.to(loss)
    return (loss * present).sum(-1) / present.sum(-1).clamp_min(1)
