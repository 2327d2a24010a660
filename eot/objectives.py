"""What the attack wants of a prediction: a loss that is always minimised, and success apart from it."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from eot.aims import Outcome, Reading

__all__ = ["DISTANCES", "Evade", "Objective", "Outcome", "Targeted"]

Distance = Callable[[Tensor, Tensor], Tensor]


def cross_entropy(logits: Float[Tensor, "t k c"], label: Int[Tensor, "t k"]) -> Float[Tensor, "t k"]:
    """Minus the log-probability of the label."""
    return -logits.log_softmax(-1).gather(-1, label[..., None])[..., 0]


def margin(logits: Float[Tensor, "t k c"], label: Int[Tensor, "t k"]) -> Float[Tensor, "t k"]:
    """Best other logit minus the label's: below 0 the label is read (Carlini & Wagner 2017, f6)."""
    here = logits.gather(-1, label[..., None])
    others = logits.scatter(-1, label[..., None], -math.inf)
    return others.amax(-1) - here[..., 0]


def logits_ratio(logits: Float[Tensor, "t k c"], label: Int[Tensor, "t k"]) -> Float[Tensor, "t k"]:
    """The margin over the spread of the leading logits: blind to their scale (DLR, Croce & Hein 2020).

    To leave a label, among three classes or more: of two it is constant.
    """
    leading = logits.topk(min(3, logits.shape[-1]), dim=-1).values
    return margin(logits, label) / (leading[..., 0] - leading[..., -1]).clamp_min(1e-12)


def targeted_ratio(logits: Float[Tensor, "t k c"], label: Int[Tensor, "t k"]) -> Float[Tensor, "t k"]:
    """The same to reach a label, among four classes or more (Croce & Hein 2020, equation 7).

    The spread ends half-way between the third and the fourth: at the third it would be constant for a
    target that ranks there.
    """
    leading = logits.topk(min(4, logits.shape[-1]), dim=-1).values
    spread = leading[..., 0] - (leading[..., -2] + leading[..., -1]) / 2
    return margin(logits, label) / spread.clamp_min(1e-12)


UNREAD = "not to be read as what it is"
DISTANCES: dict[str, Distance] = {"ce": cross_entropy, "margin": margin, "dlr": logits_ratio}
# To reach a class.
TARGETED: dict[str, Distance] = {**DISTANCES, "dlr": targeted_ratio}
# The fewest classes among which the ratios say anything.
LEAST_CLASSES = {"evade": 3, "targeted": 4}


def best_class(logits: Float[Tensor, "t k c"]) -> Reading:
    """The class with the largest logit, and its probability."""
    probability, label = logits.softmax(-1).max(-1)
    return Reading(label, probability)


def _per_view(label: int | Tensor, logits: Tensor) -> Tensor:
    """A label for all, or one per texture, as one per view `[t k]`."""
    labels = torch.as_tensor(label, device=logits.device, dtype=torch.int64)
    if labels.ndim == 1:
        labels = labels[:, None]
    return labels.expand(logits.shape[:2])


@dataclass(frozen=True)
class Targeted:
    """To be read as `target`. `label` is what the clean article is; the loss stops falling at -kappa."""

    target: int | Int[Tensor, " t"]
    label: int | Int[Tensor, " t"] | None = None
    distance: Distance = cross_entropy
    kappa: float = math.inf

    @property
    def text(self) -> str:
        """The goal in words."""
        return "to be read as the target"

    def read(self, logits: Float[Tensor, "t k c"]) -> Reading:
        """The class that is read, and its probability."""
        return best_class(logits)

    def judge(self, logits: Float[Tensor, "t k c"]) -> Bool[Tensor, "t k"]:
        """Views that are read as the target."""
        return logits.argmax(-1) == _per_view(self.target, logits)

    def __call__(self, logits: Float[Tensor, "t k c"]) -> Outcome:
        """Distance to the target and whether it is reached."""
        loss = self.distance(logits, _per_view(self.target, logits)).clamp_min(-self.kappa)
        return Outcome(loss, self.judge(logits))


@dataclass(frozen=True)
class Evade:
    """To be read as anything but `label`."""

    label: int | Int[Tensor, " t"]
    distance: Distance = cross_entropy
    kappa: float = math.inf

    @property
    def target(self) -> None:
        """Any other class will do."""
        return None

    @property
    def text(self) -> str:
        """The goal in words."""
        return UNREAD

    def read(self, logits: Float[Tensor, "t k c"]) -> Reading:
        """The class that is read, and its probability."""
        return best_class(logits)

    def judge(self, logits: Float[Tensor, "t k c"]) -> Bool[Tensor, "t k"]:
        """Views that are not read as the label."""
        return logits.argmax(-1) != _per_view(self.label, logits)

    def __call__(self, logits: Float[Tensor, "t k c"]) -> Outcome:
        """Minus the distance to the label and whether it is left."""
        loss = (-self.distance(logits, _per_view(self.label, logits))).clamp_min(-self.kappa)
        return Outcome(loss, self.judge(logits))


Objective = Targeted | Evade
