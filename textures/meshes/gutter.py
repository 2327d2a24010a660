"""Colours of texture islands carried on past their borders, so that no filter mixes in what lies between."""

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8

from renders.meshes.islands import coverage, filled


def with_gutter(
    texels: UInt8[np.ndarray, "h w c"], corner_uvs: Float[np.ndarray, "f 3 2"]
) -> UInt8[np.ndarray, "h w c"]:
    """The texture in which every texel outside the islands has the colour of the nearest one inside.

    That fills all room there is: 8 texels and more wherever neighbouring islands are 16 apart.
    """
    inside = islands(corner_uvs, (texels.shape[0], texels.shape[1]))
    if not inside.any():
        return texels
    image = torch.from_numpy(texels).permute(2, 0, 1)[None]
    carried = filled(image, torch.from_numpy(inside)[None].float())
    return np.ascontiguousarray(carried[0].permute(1, 2, 0).numpy())


def islands(corner_uvs: Float[np.ndarray, "f 3 2"], size: tuple[int, int]) -> Bool[np.ndarray, "h w"]:
    """The texels that a bilinear lookup from within the faces may read; `size` is (rows, columns)."""
    return coverage(torch.from_numpy(corner_uvs), size)[0].numpy() > 0
