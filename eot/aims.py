"""What every objective can do, whatever its victim answers: the contract between a prediction and a goal."""

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from jaxtyping import Bool, Float, Int
from torch import Tensor


@dataclass(frozen=True)
class Outcome:
    """What came of t textures under k views each."""

    loss: Float[Tensor, "t k"]
    success: Bool[Tensor, "t k"]


@dataclass(frozen=True)
class Reading:
    """What a victim makes of each view: a class, and how sure it is of it.

    A detector may find nothing where the article is: that is the class after its last.
    """

    label: Int[Tensor, "t k"]
    confidence: Float[Tensor, "t k"]


@runtime_checkable
class Aim(Protocol):
    """What the attack wants of a prediction, logits or candidates alike. `text` says it in words.

    `label` is the true class and `target` the class to reach, one for all or one per texture, where there is
    such a class.
    """

    @property
    def label(self) -> Any: ...

    @property
    def target(self) -> Any: ...

    @property
    def text(self) -> str: ...

    def judge(self, prediction: Any, /) -> Bool[Tensor, "t k"]:
        """Views on which the goal is reached."""

    def read(self, prediction: Any, /) -> Reading:
        """What the victim makes of each view."""

    def __call__(self, prediction: Any, /) -> Outcome:
        """The loss, which is always minimised, and the success, which is apart from it."""
