"""What the attack wants of a segmenter: that the pixels of a thing are no longer read as what it is."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from eot.aims import Outcome, Reading
from eot.victims.segmenter import Maps
from renders.places import Places

# A thing is still seen where this share of its box, beside the article, is read as its class. A box is rarely
# filled: persons cover about half of theirs.
SEEN = 0.2
# Keeps the logarithm of a probability finite.
TINY = 1e-6


@dataclass(frozen=True)
class Erase:
    """The pixels of every thing of class `label`, but for those under the article, are read otherwise.

    What the article itself is read as does not count: paint that covers a thing is no error of the model.
    """

    label: int

    @property
    def target(self) -> None:
        """They may be read as anything else."""
        return None

    @property
    def text(self) -> str:
        """The goal in words."""
        return "to have its pixels read as something else"

    def judge(self, maps: Maps) -> Bool[Tensor, "t k"]:
        """Pictures in which no thing is seen any more; not those that hold none."""
        shown = _shown(maps)
        return ((covered(maps, self.label) < SEEN) | ~shown).all(-1) & shown.any(-1)

    def read(self, maps: Maps) -> Reading:
        """The class, while every thing is seen; else what most pixels beside the article are read as."""
        shown, classes = _shown(maps), maps.logits.shape[-3]
        share = covered(maps, self.label)
        seen = ((share >= SEEN) | ~shown).all(-1) & shown.any(-1)
        where = (beside(maps) & shown[..., None, None]).any(-3)
        votes = torch.nn.functional.one_hot(maps.logits.argmax(-3), classes) * where[..., None]
        counts = votes.sum((-3, -2))
        counts[..., self.label] = 0
        most, other = counts.max(-1)
        sure = torch.where(shown, share, 1.0).amin(-1)
        instead = most / where.sum((-2, -1)).clamp_min(1)
        return Reading(torch.where(seen, self.label, other), torch.where(seen, sure, instead))

    def __call__(self, maps: Maps) -> Outcome:
        """-log of the probability that a pixel is not read as the class, mean over each thing's pixels."""
        probability = maps.logits.softmax(-3)[..., self.label, :, :]
        each = -(1 - probability).clamp_min(TINY).log()
        shown = _shown(maps)
        where = (beside(maps) & shown[..., None, None]).to(each)
        per_thing = (each[..., None, :, :] * where).sum((-2, -1)) / where.sum((-2, -1)).clamp_min(1)
        count = shown.sum(-1).clamp_min(1)
        loss = (per_thing * shown).sum(-1) / count
        return Outcome(loss, self.judge(maps))


def covered(maps: Maps, label: int) -> Float[Tensor, "t k b"]:
    """The share of each thing's box, beside the articles, that is read as a class."""
    read = (maps.logits.argmax(-3) == label)[..., None, :, :]
    where = beside(maps)
    return (read & where).sum((-2, -1)) / where.sum((-2, -1)).clamp_min(1)


def beside(maps: Maps) -> Bool[Tensor, "k b h w"]:
    """The pixels in the box of each thing that no article's box covers."""
    return _places(maps).beside(_size(maps))


def _shown(maps: Maps) -> Bool[Tensor, "k b"]:
    return _places(maps).shown(_size(maps))


def _size(maps: Maps) -> tuple[int, int]:
    return maps.logits.shape[-2], maps.logits.shape[-1]


def _places(maps: Maps) -> Places:
    assert maps.places is not None, "the scene does not say where its things are"
    return maps.places.to(maps.logits)
