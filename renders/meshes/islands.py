"""The islands of a mesh on its texture: which texels belong to it, and how often."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int, Shaped
from scipy.ndimage import distance_transform_edt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from torch import Tensor

from renders.camera import Intrinsics
from renders.rasterisers.spans import rasterise

CELLS = 4_000_000  # rasterised at once


@dataclass(frozen=True)
class Texels:
    """The face that each texel's centre lies on, -1 where there is none."""

    face: Int[Tensor, "u v"]

    @property
    def covered(self) -> Float[Tensor, "1 u v"]:
        """1 where a texel's centre belongs to the mesh."""
        return (self.face >= 0).float()[None]


def texels_of(uvs: Float[Tensor, "f 3 2"], size: tuple[int, int]) -> Texels:
    """The faces drawn flat on a texture of `size` = (rows, columns)."""
    height, width = size
    u, v = uvs.double().unbind(-1)
    # A camera of focal length 1 px before the plane z = 1: x_px = -X, y_px = -Y.
    flat = torch.stack([-u * width, -(1 - v) * height, torch.ones_like(u)], -1).flatten(0, 1)
    one = torch.ones(1, dtype=torch.float64)
    faces = torch.arange(flat.shape[0]).unflatten(0, (-1, 3))
    grid = torch.full((height * width,), -1)
    step = max(1, CELLS // width)
    for top in range(0, height, step):
        band = (min(step, height - top), width)
        fragments = rasterise(flat[None], faces, Intrinsics(one, 0 * one, 0 * one - top), band)
        grid[fragments.cell + top * width] = fragments.face
    return Texels(grid.unflatten(0, size))


@dataclass(frozen=True)
class Places:
    """The p texels whose centre lies on the mesh: row * columns + column, the face, shares of its corners."""

    cell: Int[Tensor, " p"]
    face: Int[Tensor, " p"]
    share: Float[Tensor, "p 3"]


def places_of(uvs: Float[Tensor, "f 3 2"], size: tuple[int, int]) -> Places:
    """Where on the mesh the texels of a texture of `size` = (rows, columns) lie."""
    texels = texels_of(uvs, size)
    cell = (texels.face.flatten() >= 0).nonzero()[:, 0]
    face = texels.face.flatten()[cell]
    u, v = (cell % size[1] + 0.5) / size[1], 1 - (cell // size[1] + 0.5) / size[0]
    # Shares are areas: of the triangle that the point makes with the edge before each corner.
    towards = uvs.double()[face] - torch.stack([u, v], -1)[:, None]
    after, before = towards.roll(-1, 1), towards.roll(-2, 1)
    areas = after[..., 0] * before[..., 1] - after[..., 1] * before[..., 0]
    return Places(cell, face, (areas / areas.sum(-1, keepdim=True)).to(uvs))


def coverage(uvs: Float[Tensor, "f 3 2"], size: tuple[int, int]) -> Float[Tensor, "1 u v"]:
    """1 for every texel that a lookup at full size may touch: the islands and one texel around."""
    inside = texels_of(uvs, size).covered
    column, row = _along_edges(uvs.double(), size)
    # Slivers and sharp corners may miss every centre of a texel, but no texel that they cross.
    inside[0, row, column] = 1
    return torch.nn.functional.max_pool2d(inside[None], 3, 1, 1)[0]


def _along_edges(uvs: Float[Tensor, "f 3 2"], size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Column and row of the texels at points of all edges, two to a texel."""
    rows, columns = size
    start = torch.stack([uvs[..., 0] * columns, (1 - uvs[..., 1]) * rows], -1).flatten(0, 1)
    end = start.unflatten(0, (-1, 3)).roll(-1, 1).flatten(0, 1)
    counts = ((end - start).abs().amax(-1) * 2).ceil().long() + 1
    owner = torch.repeat_interleave(counts)
    first = counts.cumsum(0) - counts
    share = (torch.arange(len(owner)) - first[owner]) / counts[owner]
    points = torch.lerp(start[owner], end[owner], share[:, None].double()).long()
    return points[:, 0].clamp(0, columns - 1), points[:, 1].clamp(0, rows - 1)


def area(uvs: Float[Tensor, "f 3 2"]) -> Float[Tensor, " f"]:
    """Signed area of each face on the texture, 1 = all of it; positive where it is not mirrored."""
    first, second = uvs[:, 1] - uvs[:, 0], uvs[:, 2] - uvs[:, 0]
    return (first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]) / 2


def overlap(uvs: Float[Tensor, "f 3 2"], side: int = 1024) -> float:
    """The share of the islands' area that lies on other islands."""
    whole = float(area(uvs.double()).abs().sum())
    drawn = float(texels_of(uvs, (side, side)).covered.sum()) / side**2
    return max(0.0, 1 - drawn / whole) if whole > 0 else 0.0


def island_of(uvs: Float[Tensor, "f 3 2"]) -> Int[Tensor, " f"]:
    """The number of each face's island: faces that share a corner of the texture are of one."""
    corners = np.unique(uvs.double().numpy().reshape(-1, 2).round(7), axis=0, return_inverse=True)[1]
    corners = corners.reshape(-1, 3)
    ends = np.concatenate([corners[:, :2], corners[:, 1:]])
    count = int(corners.max()) + 1
    graph = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(count, count))
    _, label = connected_components(graph, directed=False)
    return torch.from_numpy(np.unique(label[corners[:, 0]], return_inverse=True)[1].astype(np.int64))


def filled(image: Shaped[Tensor, "t c u v"], covered: Float[Tensor, "1 u v"]) -> Shaped[Tensor, "t c u v"]:
    """The image with every texel beside the islands given the colour of the nearest one on them.

    What other renderers and printers blur across the border of an island is then the island's own colour.
    """
    if bool((covered > 0).all()):
        return image
    rows, columns = distance_transform_edt(
        (covered[0] <= 0).cpu().numpy(), return_distances=False, return_indices=True
    )
    return image[..., torch.from_numpy(rows).long(), torch.from_numpy(columns).long()]
