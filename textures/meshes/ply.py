"""PLY with a colour at every vertex: for printers that know no textures."""

from collections.abc import Mapping

import numpy as np
import torch
from jaxtyping import Float, UInt8

from renders.colour import linear_to_srgb, srgb_to_linear
from renders.lookup import Pyramid
from textures.meshes.refine import Triangles, refined
from textures.meshes.solid import Solid

MOST_FACES = 400_000
# Edges of a texel and a half: finer than the filter that takes a texel's colour, coarser than needed nowhere.
TEXELS_PER_EDGE = 1.5


def ply_files(solid: Solid) -> Mapping[str, bytes]:
    """`ID.ply`, binary; mm, y up. Faces are cut so that the colours of the texture find vertices enough.

    Up to 400,000 faces. A vertex has the mean colour (in linear light, filtered over the length of its edges)
    of the corners that meet in it, so along a seam both sides mix.
    """
    fine = refined(
        Triangles(solid.vertices_mm, solid.faces, solid.corner_uvs),
        TEXELS_PER_EDGE * solid.texel_mm,
        MOST_FACES,
    )
    vertices = np.empty(len(fine.vertices), dtype=[("place", "<f4", 3), ("colour", "u1", 3)])
    vertices["place"], vertices["colour"] = fine.vertices, vertex_colours(solid, fine)
    faces = np.empty(len(fine.faces), dtype=[("count", "u1"), ("corners", "<i4", 3)])
    faces["count"], faces["corners"] = 3, fine.faces
    head = (
        f"ply\nformat binary_little_endian 1.0\ncomment {solid.stamp}\n"
        f"comment units: mm\ncomment up axis: y\nelement vertex {len(vertices)}\n"
        "property float x\nproperty float y\nproperty float z\n"
        "property uchar red\nproperty uchar green\nproperty uchar blue\n"
        f"element face {len(faces)}\nproperty list uchar int vertex_indices\nend_header\n"
    )
    return {f"{solid.id}.ply": head.encode() + vertices.tobytes() + faces.tobytes()}


def vertex_colours(solid: Solid, fine: Triangles) -> UInt8[np.ndarray, "v 3"]:
    """The colour of every vertex, sRGB."""
    image = torch.from_numpy(solid.texels.astype(np.float32) / 255).permute(2, 0, 1)[None]
    pyramid = Pyramid.of(srgb_to_linear(image))
    uv = torch.from_numpy(np.ascontiguousarray(fine.corner_uvs, dtype=np.float32)).reshape(-1, 2)
    light = pyramid.sample(uv, _spacing(fine))[0].T.double().numpy()
    total = np.zeros((len(fine.vertices), 3))
    np.add.at(total, fine.faces.reshape(-1), light)
    count = np.bincount(fine.faces.reshape(-1), minlength=len(total)).clip(1)
    srgb = linear_to_srgb(torch.from_numpy(total / count[:, None]))
    colours: UInt8[np.ndarray, "v 3"] = (srgb.clamp(0, 1) * 255).round().numpy().astype(np.uint8)
    return colours


def _spacing(fine: Triangles) -> Float[torch.Tensor, "p 2 2"]:
    """The footprint of a vertex: a square as large as its face, in UV."""
    edges = np.diff(fine.corner_uvs.astype(float), axis=1)
    side = np.sqrt(np.abs(np.linalg.det(edges)) / 2)
    return torch.from_numpy(side).float().repeat_interleave(3)[:, None, None] * torch.eye(2)
