"""One texture for a mesh of several materials: their pictures side by side."""

import math
from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from renders.colour import linear_to_srgb, srgb_to_linear
from renders.errors import InputError
from renders.meshes.islands import island_of
from renders.meshes.read import Piece
from renders.sensor.resize import resize

# UVs this little outside of a tile are on its border.
BORDER = 1e-6
# A picture is repeated for islands that reach this far over its edge, no farther.
MOST_TILES = 1.5
MAX_SIDE_PX = 8192


def untiled(
    uvs: Float[np.ndarray, "f 3 2"], texture: Float[Tensor, "3 h w"], name: str
) -> tuple[np.ndarray, Tensor, tuple[str, ...]]:
    """UVs inside the unit square, the picture they belong to, and notes on what was done.

    Islands that lie whole tiles away are moved back. Where one reaches a little over the edge, as it may on
    a picture that repeats, the picture is made larger by what it repeats there.
    """
    island = island_of(torch.from_numpy(uvs)).numpy()
    low = np.full((island.max() + 1, 2), np.inf)
    np.minimum.at(low, np.repeat(island, 3), uvs.reshape(-1, 2))
    high = np.full_like(low, -np.inf)
    np.maximum.at(high, np.repeat(island, 3), uvs.reshape(-1, 2))
    middle = (low + high) / 2
    inside = (low >= -BORDER) & (high <= 1 + BORDER)
    shift = np.where(inside, 0, np.floor(middle))
    moved = int((shift != 0).any(1).sum())
    uvs = uvs - shift[island][:, None]
    notes = (f"{name}: {moved} islands moved back by whole tiles",) if moved else ()
    low, high = uvs.min((0, 1)), uvs.max((0, 1))
    if (low >= -BORDER).all() and (high <= 1 + BORDER).all():
        return uvs.clip(0, 1), texture, notes
    low, high = np.minimum(low, 0), np.maximum(high, 1)
    if (high - low > MOST_TILES).any():
        span = f"u {low[0]:.2f} to {high[0]:.2f}, v {low[1]:.2f} to {high[1]:.2f}"
        raise InputError(
            f"{name}: expected UV islands inside the unit square; got {span}: unwrap it again (--unwrap)"
        )
    texture, (low, high) = _repeated(texture, low, high)
    uvs = (uvs - low) / (high - low)
    share = (high - low).prod() - 1
    return uvs.clip(0, 1), texture, (*notes, f"{name}: picture enlarged by {share:.0%} for UVs over its edge")


def _repeated(
    texture: Float[Tensor, "3 h w"], low: np.ndarray, high: np.ndarray
) -> tuple[Tensor, tuple[np.ndarray, np.ndarray]]:
    """The part of the repeated picture that holds UVs from low to high, to whole texels, and its ends."""
    height, width = texture.shape[1:]
    left, right = math.floor(low[0] * width), math.ceil(high[0] * width)
    bottom, top = math.floor(low[1] * height), math.ceil(high[1] * height)
    columns = torch.arange(left, right) % width
    # Row 0 is the top of the picture, v = 1.
    rows = torch.arange(height - top, height - bottom) % height
    ends = np.array([left / width, bottom / height]), np.array([right / width, top / height])
    return texture[:, rows][:, :, columns], ends


def packed(
    pieces: Sequence[Piece],
) -> tuple[Float[np.ndarray, "f 3 2"], Float[Tensor, "1 3 u v"], tuple[str, ...]]:
    """The UVs of all pieces on one texture, that texture, and notes. Every piece must have UVs."""
    parts = []
    notes: list[str] = []
    for piece in pieces:
        assert piece.uvs is not None
        uvs, texture, said = untiled(piece.uvs, piece.texture, piece.name)
        parts.append((uvs, texture))
        notes += said
    if len(parts) == 1:
        return parts[0][0], parts[0][1][None], tuple(notes)
    # A grid of equal cells; texels of small pictures become larger, never coarser.
    across = math.ceil(math.sqrt(len(parts)))
    down = math.ceil(len(parts) / across)
    cell = tuple(
        min(max(texture.shape[axis] for _, texture in parts), MAX_SIDE_PX // max(across, down))
        for axis in (1, 2)
    )
    atlas = torch.zeros(3, down * cell[0], across * cell[1])
    placed = []
    for number, (uvs, texture) in enumerate(parts):
        row, column = divmod(number, across)
        atlas[:, row * cell[0] : (row + 1) * cell[0], column * cell[1] : (column + 1) * cell[1]] = _sized(
            texture, (cell[0], cell[1])
        )
        placed.append((uvs + np.array([column, down - 1 - row])) / np.array([across, down]))
    return np.concatenate(placed), atlas[None], (*notes, f"{len(parts)} materials share one texture")


def _sized(texture: Float[Tensor, "3 h w"], size: tuple[int, int]) -> Float[Tensor, "3 u v"]:
    if (texture.shape[1], texture.shape[2]) == size:
        return texture
    return linear_to_srgb(resize(srgb_to_linear(texture)[None], size))[0].clamp(0, 1)
