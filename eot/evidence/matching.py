"""Which detection is of which object: greedy by score, one detection each (Everingham et al. 2010, 4.2)."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from eot.evidence.found import Found
from eot.victims.detections import overlap

MATCH = 0.5


@dataclass(frozen=True)
class Matches:
    """One victim's detections of one article in n views, held against the objects.

    Args:
        hit: the detection takes an object of its class.
        miss: the detection is of a class that is sought and takes none. One on an object of which too little
            is in view is neither right nor wrong.
        own: the class of each object, -1 where there is none.
        taken_at: the score of the detection that takes each object; 0 where none does.
        renamed_at: the best score of a detection of another class on each object.
    """

    scores: Float[Tensor, "n d"]
    labels: Int[Tensor, "n d"]
    hit: Bool[Tensor, "n d"]
    miss: Bool[Tensor, "n d"]
    taken_at: Float[Tensor, "n b"]
    renamed_at: Float[Tensor, "n b"]
    own: Int[Tensor, "n b"]


def matches(found: Found, victim: int, article: int, label: int | None) -> Matches:
    """The matches of class `label`, or of all classes where the record knows what each object is.

    Detections come best first, so each takes the best object of its class that is left to it.
    """
    own = torch.where(found.present, found.own(label), -1)
    boxes, scores, labels = (part[victim, article] for part in (found.boxes, found.scores, found.labels))
    near = overlap(boxes, found.objects)
    on = (near >= MATCH) & (labels >= 0)[..., None]
    on_present = on & found.present[:, None]
    taken_at = torch.zeros_like(found.present, dtype=scores.dtype)
    hit = torch.zeros_like(labels, dtype=torch.bool)
    for rank in range(labels.shape[1]):
        free = on_present[:, rank] & (taken_at == 0) & (labels[:, rank, None] == own)
        best = torch.where(free, near[:, rank], -1.0).max(-1)
        hit[:, rank] = best.values > 0
        rows = hit[:, rank].nonzero()[:, 0]
        taken_at[rows, best.indices[rows]] = scores[rows, rank]
    renamed_at = torch.where(on_present & (labels[..., None] != own[:, None]), scores[..., None], 0.0).amax(1)
    sought = torch.isin(labels, found.own(label).unique()) & (labels >= 0)
    miss = sought & ~hit & ~(on & ~found.present[:, None]).any(-1)
    return Matches(scores, labels, hit, miss, taken_at, renamed_at, own)
