"""New UVs for a mesh that has none or whose islands overlap, and its colours carried over to them."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from renders.errors import InputError
from renders.lookup import Filter, Pyramid
from renders.meshes.islands import coverage, filled, places_of
from renders.meshes.mesh import Mesh
from renders.meshes.read import Piece

# Free texels around each island at the size it is unwrapped for.
PADDING = 4
HINT = "unwrapping needs xatlas, which is not installed: pip install xatlas"


def unwrapped(mesh: Mesh, side_px: int = 1024) -> Mesh:
    """The mesh with islands of its own that do not overlap, its texture `side_px` square baked onto them."""
    uvs = _charts(mesh, side_px)
    return replace(mesh, uvs=uvs, texture=_baked(mesh, uvs, side_px))


def placeholder_uvs(pieces: Sequence[Piece]) -> tuple[Float[np.ndarray, "f 3 2"], Float[Tensor, "1 3 u v"]]:
    """UVs that give every face the one colour of its material, a column each: a start for `unwrapped`."""
    colours = torch.stack([piece.texture.mean((1, 2)) for piece in pieces], -1)[None, :, None]
    columns = [np.full((len(piece.faces), 3), i + 0.5) / len(pieces) for i, piece in enumerate(pieces)]
    u = np.concatenate(columns)
    return np.stack([u, np.full_like(u, 0.5)], -1), colours


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
