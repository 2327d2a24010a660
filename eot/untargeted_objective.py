"""What the attack wants of a detector on the whole frame: an untargeted fall of its mean average precision.

The mAP is made of every annotated thing of every class, so the goal is that things, whatever they are, are
no longer found as what they are; as what else, if anything, does not matter.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from eot.aims import Outcome, Reading
from eot.detector_readings import Hiding, found, nearness, none_fires, over_objects, places_in, reading
from eot.victims.detections import Dense
from renders.errors import InputError

# A frame is spoilt once fewer of its things than this share are found.
LEFT = 0.5


@dataclass(frozen=True)
class Degrade:
    """Of all things in the frame fewer than half are found as what they are.

    `objectness` attacks what the family says of there being anything at all, instead of the class scores.
    """

    hiding: Hiding = none_fires
    objectness: bool = False

    @property
    def label(self) -> None:
        """Things are of many classes."""
        return None

    @property
    def target(self) -> None:
        """Anything else will do."""
        return None

    @property
    def text(self) -> str:
        """The goal in words."""
        return "to have fewer than half of all things in the frame found as what they are"

    def judge(self, dense: Dense) -> Bool[Tensor, "t k"]:
        """Pictures in which fewer than half of the things are found; not those that hold none."""
        present = places_in(dense).present
        left = (found(dense, _classes(dense)) & present).sum(-1)
        return left < LEFT * present.sum(-1)

    def read(self, dense: Dense) -> Reading:
        """What the first lost thing is taken for."""
        return reading(dense, _classes(dense))

    def __call__(self, dense: Dense) -> Outcome:
        """How much is still seen of each thing as what it is, and whether few are found."""
        score = _own_scores(dense)
        if self.objectness and dense.objectness is not None:
            score = dense.objectness[..., None]
        return Outcome(over_objects(self.hiding(score, nearness(dense)), dense), self.judge(dense))


def _classes(dense: Dense) -> Int[Tensor, "k b"]:
    classes = places_in(dense).classes
    if classes is None:
        raise InputError(
            "objective.kind = degrade: expected pictures in which all things are annotated (surface.kind = "
            "objects); it is not known what is in this one: attack or measure with such photos"
        )
    return classes


def _own_scores(dense: Dense) -> Float[Tensor, "t k q b"]:
    """The score of every candidate for the class of each thing."""
    wanted = _classes(dense).clamp_min(0)[None, :, None].expand(*dense.scores.shape[:-1], -1)
    return torch.gather(dense.scores, -1, wanted)
