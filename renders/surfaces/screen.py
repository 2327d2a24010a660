"""The screen: the photograph is the texture itself, exactly."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from renders.conditions import Condition


@dataclass(frozen=True)
class Screen:
    """A scene without a world: what digital attacks are made on (FGSM, PGD, C&W, L-BFGS)."""

    def __call__(self, texture: Float[Tensor, "t 3 u v"], condition: Condition) -> Float[Tensor, "t k 3 u v"]:
        """The sRGB texture, once for each of the k views, bit for bit."""
        return texture[:, None].expand(-1, len(condition), -1, -1, -1)
