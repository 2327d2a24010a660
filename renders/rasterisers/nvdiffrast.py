"""NVIDIA's nvdiffrast behind our protocol (CUDA only; its licence forbids commercial use)."""

import functools

import nvdiffrast.torch as dr
import torch
from jaxtyping import Float, Int
from torch import Tensor

from renders.camera import Intrinsics
from renders.errors import InputError
from renders.fragments import Fragments

NEAREST_M, FARTHEST_M = 1e-2, 1e4


@torch.no_grad()
def rasterise(
    vertices: Float[Tensor, "k v 3"],
    faces: Int[Tensor, "f 3"],
    camera: Intrinsics,
    size: tuple[int, int],
    *,
    closed: bool = False,
) -> Fragments:
    """The nearest face at each pixel; see `renders.rasterisers.spans.rasterise`. float32 inside.

    Nothing is saved on `closed` meshes: it cannot skip back faces.
    """
    if vertices.device.type != "cuda":
        raise InputError("camera.rasteriser: nvdiffrast needs --device cuda; got the CPU: use spans or warp")
    height, width = size
    x, y, z = vertices.detach().float().unbind(-1)
    focal, across, down = (
        part.float()[:, None] for part in (camera.focal_px, camera.centre_x_px, camera.centre_y_px)
    )
    # Clip space: its first row is the lowest of the image, here the top one, so nothing has to be flipped.
    right = (2 * across / width - 1) * z - 2 * focal / width * x
    below = (2 * down / height - 1) * z - 2 * focal / height * y
    depth = ((FARTHEST_M + NEAREST_M) * z - 2 * FARTHEST_M * NEAREST_M) / (FARTHEST_M - NEAREST_M)
    clip = torch.stack([right, below, depth, z], -1).contiguous()
    found, _ = dr.rasterize(_context(vertices.device), clip, faces.int().contiguous(), resolution=size)
    seen = found[..., 3].flatten().to(torch.int64) - 1
    cell = (seen >= 0).nonzero()[:, 0]
    face = seen[cell] + cell // (height * width) * len(faces)
    return Fragments(cell, face, size, vertices.detach(), faces, camera)


@functools.cache
def _context(device: torch.device) -> object:
    """One context for each device: making one takes longer than using it."""
    return dr.RasterizeCudaContext(device=device)
