"""New UVs for a mesh that has none or whose islands overlap, and its colours carried over to them."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from renders.errors import InputError
from renders.lookup import Filter, Pyramid
from renders.meshes.atlas import BORDER
from renders.meshes.islands import coverage, filled, places_of
from renders.meshes.read import Piece, mean_colour

# Free texels around each island at the size it is unwrapped for.
PADDING = 4
HINT = "unwrapping needs xatlas, which is not installed: pip install xatlas"


def unwrapped(
    vertices: Float[Tensor, "n 3"], faces: Int[Tensor, "f 3"], pieces: Sequence[Piece], side_px: int = 1024
) -> tuple[Float[Tensor, "f 3 2"], Float[Tensor, "1 3 u v"]]:
    """UVs of islands that do not overlap, and the look of the pieces baked onto a texture `side_px` square.

    `faces` are those of the pieces, one piece after the other. Islands may lie anywhere: pictures repeat.
    """
    uvs = _charts(vertices, faces, side_px)
    return uvs, _baked(uvs, pieces, side_px)


def _charts(
    vertices: Float[Tensor, "n 3"], faces: Int[Tensor, "f 3"], side_px: int
) -> Float[Tensor, "f 3 2"]:
    """UVs of the corners, made by xatlas; faces keep their order."""
    try:
        import xatlas
    except ImportError:
        raise InputError(HINT) from None
    atlas, options = xatlas.Atlas(), xatlas.PackOptions()
    atlas.add_mesh(vertices.numpy(), faces.numpy().astype(np.uint32))
    options.resolution, options.padding = side_px, PADDING
    atlas.generate(pack_options=options)
    _, corners, uvs = atlas[0]
    assert len(corners) == len(faces)
    return torch.from_numpy(uvs[corners.astype(np.int64)]).float().clamp(0, 1)


def _baked(uvs: Float[Tensor, "f 3 2"], pieces: Sequence[Piece], side_px: int) -> Float[Tensor, "1 3 u v"]:
    """What the pieces show at the place of every texel of the new texture."""
    places = places_of(uvs, (side_px, side_px))
    texture, touched = torch.zeros(1, 3, side_px * side_px), torch.zeros(1, side_px * side_px)
    first = 0
    for piece in pieces:
        mine = (places.face >= first) & (places.face < first + len(piece.faces))
        texture[0, :, places.cell[mine]] = _shown(piece, places.face[mine] - first, places.share[mine])
        first += len(piece.faces)
    touched[:, places.cell] = 1
    baked = filled(texture.unflatten(-1, (side_px, side_px)), touched.unflatten(-1, (side_px, side_px)))
    return filled(baked, coverage(uvs, (side_px, side_px)))


def _shown(piece: Piece, face: Int[Tensor, " p"], share: Float[Tensor, "p 3"]) -> Float[Tensor, "3 p"]:
    """The piece's colour at points of its faces; the one of all its light where it has no UVs."""
    if piece.uvs is None:
        return mean_colour(piece.texture)[:, :, 0].expand(3, len(face))
    uv = (share[..., None] * torch.from_numpy(piece.uvs).to(share)[face]).sum(1)
    beyond = (uv < -BORDER) | (uv > 1 + BORDER)
    uv = torch.where(beyond, uv % 1, uv)
    return Pyramid.of(piece.texture[None]).sample(uv, uv.new_zeros(len(uv), 2, 2), Filter.BILINEAR)[0]
