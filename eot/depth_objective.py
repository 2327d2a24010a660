"""What the attack wants of a depth estimator: that a thing no longer stands out from what is behind it."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from eot.aims import Outcome, Reading
from eot.victims.depth import MELTS_IN, STANDS_OUT, Depths
from renders.places import Places, pixels_in

# A thing stands out where it is nearer than what is beside and above it by this share of the standard
# deviation of the picture's nearness.
CONTRAST = 0.1
# How far "beside and above" reaches, over the width and the height of the thing. What is below it is the
# ground that it stands on, which is as near as itself.
REACH = 0.5
# A picture of one depth has no contrast to divide by.
TINY = 1e-6


@dataclass(frozen=True)
class Recede:
    """Every thing is judged to be no nearer than what is beside and above it.

    Pixels under the article do not count. A factor or an offset on a picture's nearness changes nothing.
    """

    @property
    def label(self) -> int:
        """Things stand out."""
        return STANDS_OUT

    @property
    def target(self) -> None:
        """How far away they seem is all the same."""
        return None

    @property
    def text(self) -> str:
        """The goal in words."""
        return "to be judged no nearer than what is behind it"

    def judge(self, depths: Depths) -> Bool[Tensor, "t k"]:
        """Pictures in which no thing stands out any more; not those that hold none."""
        shown = _shown(depths)
        return ((contrast(depths) < CONTRAST) | ~shown).all(-1) & shown.any(-1)

    def read(self, depths: Depths) -> Reading:
        """Whether every thing stands out, and how clearly the least of them does."""
        shown = _shown(depths)
        least = torch.where(shown, contrast(depths), torch.inf).amin(-1)
        label = torch.where((least >= CONTRAST) & shown.any(-1), STANDS_OUT, MELTS_IN)
        sure = ((least - CONTRAST).abs() / CONTRAST).sigmoid()
        return Reading(label, torch.where(shown.any(-1), sure, 1.0))

    def __call__(self, depths: Depths) -> Outcome:
        """The contrast of each thing, mean over the things of a picture."""
        shown = _shown(depths).to(depths.nearness)
        loss = (contrast(depths) * shown).sum(-1) / shown.sum(-1).clamp_min(1)
        return Outcome(loss, self.judge(depths))


def contrast(depths: Depths) -> Float[Tensor, "t k b"]:
    """How much nearer each thing is than what is beside and above it, over the picture's own spread."""
    thing, around = _places(depths).beside(_size(depths)), _around(depths)
    near = depths.nearness[..., None, :, :]
    # The spread is a scale, not a goal: an attack that only blows it up would have moved nothing.
    spread = depths.nearness.detach().std((-2, -1)).clamp_min(TINY)
    return (_mean(near, thing) - _mean(near, around)) / spread[..., None]


def _around(depths: Depths) -> Bool[Tensor, "k b h w"]:
    """The pixels beside and above each thing that belong to no thing."""
    places, size = _places(depths), _size(depths)
    things = pixels_in(places.objects, size) & places.present[..., None, None]
    return pixels_in(_grown(places.objects), size) & ~things.any(1, keepdim=True)


def _shown(depths: Depths) -> Bool[Tensor, "k b"]:
    """The things that can be judged: something of them shows, and something is beside or above them."""
    return _places(depths).shown(_size(depths)) & _around(depths).any(-1).any(-1)


def _size(depths: Depths) -> tuple[int, int]:
    return depths.nearness.shape[-2], depths.nearness.shape[-1]


def _mean(values: Tensor, where: Tensor) -> Tensor:
    return (values * where).sum((-2, -1)) / where.sum((-2, -1)).clamp_min(1)


def _grown(boxes: Float[Tensor, "k b 4"]) -> Float[Tensor, "k b 4"]:
    """The boxes with room at both sides and above."""
    width, height = (boxes[..., 2:] - boxes[..., :2]).unbind(-1)
    none = torch.zeros_like(width)
    return boxes + REACH * torch.stack([-width, -height, width, none], -1)


def _places(depths: Depths) -> Places:
    assert depths.places is not None, "the scene does not say where its things are"
    return depths.places.to(depths.nearness)
