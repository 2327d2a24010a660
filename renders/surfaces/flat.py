"""A flat article of true size: two triangles in front of the camera."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from renders.conditions import Condition
from renders.errors import InputError
from renders.geometry import to_view
from renders.surfaces.surface import Skin

QUAD = ((0, 2, 1), (0, 3, 2))
QUAD_UVS = ((0.0, 1.0), (1.0, 1.0), (1.0, 0.0), (0.0, 0.0))


def quad_faces(like: Tensor) -> Int[Tensor, "2 3"]:
    """The two triangles of a quad whose corners go top-left, top-right, bottom-right, bottom-left."""
    return torch.tensor(QUAD, device=like.device)


def quad_uvs(like: Tensor) -> Float[Tensor, "4 2"]:
    """The UVs of these corners: (0, 0) is the bottom-left of the texture."""
    return like.new_tensor(QUAD_UVS)


def quad(like: Tensor) -> Skin:
    """The skin of such a quad."""
    return Skin(quad_faces(like), quad_uvs(like))


def quads(like: Tensor, count: int) -> Skin:
    """Several quads that show the same texture: vertices four by four, each as for `quad`."""
    first = 4 * torch.arange(count, device=like.device)[:, None, None]
    return Skin((quad_faces(like) + first).flatten(0, 1), quad_uvs(like).repeat(count, 1))


@dataclass(frozen=True)
class Flat:
    """A flat article `width_m` by `height_m`; `coverage` in [0, 1] says where it is there at all.

    A mesh of two triangles is faster and far better filtered than warping an image by a homography.
    """

    width_m: float
    height_m: float
    coverage: Float[Tensor, "1 u v"] | None = None

    def __post_init__(self) -> None:
        if not (self.width_m > 0 and self.height_m > 0):
            raise InputError(
                f"article: expected a width and height above 0 m; got {self.width_m} x {self.height_m}"
            )

    def skin(self, like: Tensor) -> Skin:
        """Two triangles with the whole texture."""
        return quad(like)

    def vertices(self, condition: Condition) -> Float[Tensor, "k 4 3"]:
        """The corners in view space, metres: top-left, top-right, bottom-right, bottom-left."""
        x, y = self.width_m / 2, self.height_m / 2
        corners = condition.distance_m.new_tensor([[-x, y, 0], [x, y, 0], [x, -y, 0], [-x, -y, 0]])
        return to_view(corners, condition)
