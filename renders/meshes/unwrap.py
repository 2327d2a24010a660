"""New UVs for a mesh that has none or whose islands overlap, and its colours carried over to them."""

from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from renders.errors import InputError
from renders.lookup import Filter, Pyramid
from renders.meshes.islands import coverage, filled, places_of
from renders.meshes.mesh import Mesh
from renders.meshes.read import Piece, mean_colour

# Free texels around each island at the size it is unwrapped for.
PADDING = 4
HINT = "unwrapping needs xatlas, which is not installed: pip install xatlas"


def unwrapped(mesh: Mesh, side_px: int = 1024) -> Mesh:
    """The mesh with islands of its own that do not overlap, its texture `side_px` square baked onto them."""
    uvs = _charts(mesh, side_px)
    return replace(mesh, uvs=uvs, texture=_baked(mesh, uvs, side_px))


def with_uvs(piece: Piece) -> Piece:
    """The piece; one without UVs gets some that give every face its one colour: a start for `unwrapped`."""
    if piece.uvs is not None:
        return piece
    middle = np.full((len(piece.faces), 3, 2), 0.5)
    return replace(piece, uvs=middle, texture=mean_colour(piece.texture))


def _charts(mesh: Mesh, side_px: int) -> Float[Tensor, "f 3 2"]:
    """UVs of the corners, made by xatlas; faces keep their order."""
    try:
        import xatlas
    except ImportError:
        raise InputError(HINT) from None
    atlas, options = xatlas.Atlas(), xatlas.PackOptions()
    atlas.add_mesh(mesh.vertices.numpy(), mesh.faces.numpy().astype(np.uint32))
    options.resolution, options.padding = side_px, PADDING
    atlas.generate(pack_options=options)
    _, corners, uvs = atlas[0]
    assert len(corners) == len(mesh.faces)
    return torch.from_numpy(uvs[corners.astype(np.int64)]).float().clamp(0, 1)


def _baked(mesh: Mesh, uvs: Float[Tensor, "f 3 2"], side_px: int) -> Float[Tensor, "1 3 u v"]:
    """What the old texture shows at the place of every texel of the new one."""
    places = places_of(uvs, (side_px, side_px))
    old = (places.share[..., None] * mesh.uvs[places.face]).sum(1)
    seen = Pyramid.of(mesh.texture).sample(old, old.new_zeros(len(old), 2, 2), Filter.BILINEAR)
    texture = mesh.texture.new_zeros((1, 3, side_px * side_px))
    texture[:, :, places.cell] = seen
    touched = torch.zeros(1, side_px * side_px)
    touched[:, places.cell] = 1
    baked = filled(texture.unflatten(-1, (side_px, side_px)), touched.unflatten(-1, (side_px, side_px)))
    return filled(baked, coverage(uvs, (side_px, side_px)))
