"""The textured triangle mesh that everything three-dimensional is built on."""

from dataclasses import dataclass

from jaxtyping import Float, Int
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Mesh:
    """Triangles with one texture; several materials share it side by side.

    Convention: article space, metres: x to the viewer's right, y up, z towards the viewer, origin at the
    middle of the bounding box. Faces go counter-clockwise as seen from outside. UVs are per corner, since a
    texture has seams; (0, 0) is the bottom-left of the texture, texel-AREA convention, all inside [0, 1].

    Args:
        vertices: metres; corners of faces that meet share a vertex wherever the file says so.
        texture: what the object looks like before anything is done to it, sRGB in [0, 1].
        part: number of the material or object each face belongs to, 0 where there is one.
    """

    name: str
    vertices: Float[Tensor, "n 3"]
    faces: Int[Tensor, "f 3"]
    uvs: Float[Tensor, "f 3 2"]
    texture: Float[Tensor, "1 3 u v"]
    part: Int[Tensor, " f"]

    @property
    def size_m(self) -> tuple[float, float, float]:
        """Width, height and depth of the bounding box, metres."""
        extent = self.vertices.amax(0) - self.vertices.amin(0)
        return float(extent[0]), float(extent[1]), float(extent[2])
