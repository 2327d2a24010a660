"""The screen: the photograph is the texture itself, exactly."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from renders.conditions import Condition


@dataclass(frozen=True)
class Screen:
    """A scene without a world: what digital attacks are made on (FGSM, PGD, C&W, L-BFGS)."""

    def __call__(self, texture: Float[Tensor, "t c u v"], condition: Condition) -> Float[Tensor, "t k 3 u v"]:
        """The sRGB texture, once per view, bit for bit; a grey one (c = 1) as three equal channels."""
        return texture[:, None].expand(-1, len(condition), 3, -1, -1)
