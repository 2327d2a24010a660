"""An object in the world, of which a camera sees the outside only: a textured mesh."""

from dataclasses import dataclass
from functools import cached_property

from jaxtyping import Float
from torch import Tensor

from renders.conditions import Condition
from renders.geometry import to_view
from renders.meshes.closed import is_closed
from renders.meshes.mesh import Mesh
from renders.surfaces.surface import Skin


@dataclass(frozen=True)
class Shell:
    """A mesh of true size. `coverage` says which texels are of its islands and may be touched by a lookup."""

    mesh: Mesh
    coverage: Float[Tensor, "1 u v"] | None = None

    @property
    def radius_m(self) -> float:
        """How far from its centre the object reaches: the camera has to stay outside."""
        return float(self.mesh.vertices.norm(dim=-1).amax())

    @cached_property
    def closed(self) -> bool:
        """Whether its inside is never seen."""
        return is_closed(self.mesh)

    def skin(self, like: Tensor) -> Skin:
        """The faces with the UVs of their corners."""
        faces, uvs = self.mesh.faces.to(like.device), self.mesh.uvs.to(like)
        return Skin(faces, uvs, whole=True, closed=self.closed)

    def vertices(self, condition: Condition) -> Float[Tensor, "k v 3"]:
        """The corners in view space, metres."""
        return to_view(self.mesh.vertices, condition)
