"""What an article is to the renderer: triangles with a place on the texture, moved by the view."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from jaxtyping import Float, Int
from torch import Tensor

from renders.conditions import Condition


@dataclass(frozen=True)
class Skin:
    """Which corners make the faces, and where on the texture each corner is.

    `uvs` are per vertex, or per corner where the texture has seams. A `whole` skin is there on every face:
    the coverage of the texture then only says which texels belong to it, and weighs them in the lookup, so
    that nothing bleeds in from beside an island. Otherwise coverage is what one sees through. The front faces
    of a `closed` skin hide all others from any camera outside.
    """

    faces: Int[Tensor, "f 3"]
    uvs: Float[Tensor, "v 2"] | Float[Tensor, "f 3 2"]
    whole: bool = False
    closed: bool = False


@runtime_checkable
class Surface(Protocol):
    """An article of true size, in metres."""

    @property
    def coverage(self) -> Float[Tensor, "1 u v"] | None:
        """Where on the texture there is an article at all; None is everywhere."""

    def skin(self, like: Tensor) -> Skin:
        """The faces and their texture, on the device and in the dtype of a tensor."""

    def vertices(self, condition: Condition) -> Float[Tensor, "k v 3"]:
        """The corners in view space under each of k views."""
