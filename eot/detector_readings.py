"""What a detector makes of the objects in a picture, and how much of them it still sees.

A candidate fires independently with its score as probability: "nothing is found" then has probability
Π (1 - s), and its logarithm is a loss with gradient for every candidate that still fires. The literature
takes the largest score instead (Thys et al. 2019, section 3.1: of class, objectness or both).
"""

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from eot.aims import Reading
from eot.victims.detections import Dense, overlap
from renders.places import Places

# A detection is of an object where their boxes overlap by this IoU (Everingham et al. 2010, section 4.2).
MATCH = 0.5
# Candidates this near take part in the loss: an attack must not only push the box off the object.
NEAR = 0.2
# Keeps the logarithm of a probability finite.
TINY = 1e-6

# Of every candidate: one score, or one for the class of each object.
Score = Float[Tensor, "t k q #b"]
Near = Float[Tensor, "t k q b"]
Hiding = Callable[[Score, Near], Float[Tensor, "t k b"]]
# One class, or that of each object in each view.
Class = int | Int[Tensor, "k b"]


def none_fires(score: Score, near: Near) -> Float[Tensor, "t k b"]:
    """-log of the probability that no near candidate fires."""
    return -((1 - score).clamp_min(TINY).log() * (near > NEAR)).sum(-2)


def largest(score: Score, near: Near) -> Float[Tensor, "t k b"]:
    """The largest score of a near candidate (Thys et al. 2019)."""
    return (score * (near > NEAR)).amax(-2)


def largest_by_overlap(score: Score, near: Near) -> Float[Tensor, "t k b"]:
    """The largest score weighted by its IoU with the object."""
    return (score * near).amax(-2)


HIDING: dict[str, Hiding] = {
    "none_fires": none_fires,
    "largest": largest,
    "overlap": largest_by_overlap,
    "objectness": largest,
}


def places_in(dense: Dense) -> Places:
    """Where the objects and articles are, on the device of the answer."""
    assert dense.places is not None, "the scene does not say where its objects are"
    return dense.places.to(dense.boxes)


def nearness(dense: Dense) -> Near:
    """The IoU of every candidate with every object; without gradient, so that scores fall, not boxes move."""
    return overlap(dense.boxes.detach(), _objects(dense))


def fires(dense: Dense, label: Class) -> Bool[Tensor, "t k d #b"]:
    """The detections of a class, or of each object's, at the operating threshold."""
    detections = dense.detections
    own = torch.as_tensor(label, device=detections.labels.device)
    own = own[:, None] if own.ndim else own
    return (detections.labels[..., None] == own) & (detections.scores >= dense.operating.threshold)[..., None]


def found(dense: Dense, label: Class) -> Bool[Tensor, "t k b"]:
    """The objects that are found as a class, or as their own, at the operating threshold."""
    return _own(dense, label).any(-2)


def reading(dense: Dense, label: Class) -> Reading:
    """What the first lost object of each view is taken for; the class where none is lost."""
    detections, classes = dense.detections, dense.scores.shape[-1]
    covers = overlap(detections.boxes, _objects(dense)) >= MATCH
    active = detections.scores >= dense.operating.threshold
    present = places_in(dense).present
    own = torch.where(_own(dense, label), detections.scores[..., None], 0).amax(-2)
    lost = (own == 0) & present
    first = lost.byte().argmax(-1, keepdim=True)
    covering = covers.gather(-1, first[..., None, :].expand(*covers.shape[:-1], 1))[..., 0]
    other, index = torch.where(covering & active, detections.scores, 0.0).max(-1)
    taken_for = torch.where(other > 0, detections.labels.gather(-1, index[..., None])[..., 0], classes)
    all_found = ~lost.any(-1) & present.any(-1)
    sure = torch.where(present, own, 1.0).amin(-1)
    if isinstance(label, Tensor):  # a view is read as its first object
        label = label.gather(-1, present.byte().argmax(-1, keepdim=True))[..., 0]
    return Reading(torch.where(all_found, label, taken_for), torch.where(all_found, sure, other))


def over_objects(loss: Float[Tensor, "t k b"], dense: Dense) -> Float[Tensor, "t k"]:
    """The mean over the objects that are in each picture."""
    present = places_in(dense).present.to(loss)
    return (loss * present).sum(-1) / present.sum(-1).clamp_min(1)


def _own(dense: Dense, label: Class) -> Bool[Tensor, "t k d b"]:
    """The detections of the class that lie on each object."""
    return (overlap(dense.detections.boxes, _objects(dense)) >= MATCH) & fires(dense, label)


def _objects(dense: Dense) -> Float[Tensor, "t k b 4"]:
    objects = places_in(dense).objects
    return objects.expand(*dense.boxes.shape[:-2], *objects.shape[-2:])
