"""Colours of texture islands carried on past their borders, so that no filter mixes in what lies between."""

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from scipy import ndimage

from renders.camera import Intrinsics
from renders.rasterisers.spans import rasterise

CELLS = 4_000_000  # rasterised at once


def with_gutter(
    texels: UInt8[np.ndarray, "h w c"], corner_uvs: Float[np.ndarray, "f 3 2"]
) -> UInt8[np.ndarray, "h w c"]:
    """The texture in which every texel outside the islands has the colour of the nearest one inside.

    That fills all room there is: 8 texels and more wherever neighbouring islands are 16 apart.
    """
    inside = islands(corner_uvs, (texels.shape[0], texels.shape[1]))
    if not inside.any():
        return texels
    row, column = ndimage.distance_transform_edt(~inside, return_distances=False, return_indices=True)
    return np.ascontiguousarray(texels[row, column])


def islands(corner_uvs: Float[np.ndarray, "f 3 2"], size: tuple[int, int]) -> Bool[np.ndarray, "h w"]:
    """The texels that a bilinear lookup from within the faces may read.

    `size` is (rows, columns). Those are the texels that faces touch, and their neighbours.
    """
    touched = _centres(corner_uvs, size)
    # Where no centre is covered an edge passes: of an island thinner than a texel that is all there is.
    row, column = _edges(corner_uvs, size)
    touched[row, column] = True
    return ndimage.binary_dilation(touched, np.ones((3, 3), dtype=bool))


def _edges(corner_uvs: Float[np.ndarray, "f 3 2"], size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Row and column of points half a texel apart along all edges."""
    scale = np.array([size[1], size[0]])
    start = corner_uvs.reshape(-1, 2) * scale
    along = np.roll(corner_uvs, -1, 1).reshape(-1, 2) * scale - start
    count = np.ceil(2 * np.abs(along).max(1)).astype(int) + 1
    edge = np.repeat(np.arange(len(count)), count)
    part = (np.arange(len(edge)) - np.repeat(count.cumsum() - count, count)) / count[edge]
    column, from_below = np.floor(start[edge] + part[:, None] * along[edge]).astype(int).T
    return np.clip(size[0] - 1 - from_below, 0, size[0] - 1), np.clip(column, 0, size[1] - 1)


def _centres(corner_uvs: Float[np.ndarray, "f 3 2"], size: tuple[int, int]) -> Bool[np.ndarray, "h w"]:
    """Texels whose centre lies on a face, by rasterising the UVs as a flat scene, band by band."""
    height, width = size
    uv = torch.from_numpy(corner_uvs.reshape(-1, 2)).double()
    # A camera of focal length 1 px looking at the plane z = 1: view axes are +X left and +Y up.
    points = torch.stack([-uv[:, 0] * width, -(1 - uv[:, 1]) * height, torch.ones(len(uv)).double()], -1)
    faces = torch.arange(len(uv)).reshape(-1, 3)
    one, zero = torch.ones(1).double(), torch.zeros(1).double()
    seen = np.zeros((height, width), dtype=bool)
    step = max(1, CELLS // width)
    for top in range(0, height, step):
        band = (min(step, height - top), width)
        cell = rasterise(points[None], faces, Intrinsics(one, zero, zero - top), band).cell
        seen[top : top + band[0]].reshape(-1)[cell.numpy()] = True
    return seen
