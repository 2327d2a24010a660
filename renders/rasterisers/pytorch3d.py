"""PyTorch3D's own rasteriser behind our protocol, for those who compare with it.

On a CPU it tests every face against every pixel and is slower by orders of magnitude; on CUDA it bins.
"""

import torch
from jaxtyping import Float, Int
from pytorch3d.renderer.mesh.rasterize_meshes import rasterize_meshes
from pytorch3d.structures import Meshes
from torch import Tensor

from renders.camera import Intrinsics
from renders.fragments import Fragments

# Its inside test leaves out the edges, so a pixel centre on an edge that two faces share sees neither (a
# frontal sign has a dotted hole along its diagonal). A blur this narrow takes the edges in.
EDGE_PX = 1e-3
NEAREST_M = 1e-4


@torch.no_grad()
def rasterise(
    vertices: Float[Tensor, "k v 3"],
    faces: Int[Tensor, "f 3"],
    camera: Intrinsics,
    size: tuple[int, int],
    *,
    closed: bool = False,
) -> Fragments:
    """The nearest face at each pixel; see `renders.rasterisers.spans.rasterise`. float32 inside."""
    height, width = size
    x, y, z = vertices.detach().float().unbind(-1)
    # Its image axes: +X left, +Y up, the shorter side from -1 to 1, the origin in the middle.
    unit = 2 / min(height, width)
    focal, across, down = (
        part.float()[:, None] for part in (camera.focal_px, camera.centre_x_px, camera.centre_y_px)
    )
    distance = torch.where(z.abs() < 1e-9, 1e-9, z)
    left = (width / 2 - across + focal * x / distance) * unit
    up = (height / 2 - down + focal * y / distance) * unit
    meshes = Meshes(torch.stack([left, up, z], -1), faces.expand(len(vertices), -1, -1))
    found, *_ = rasterize_meshes(
        meshes,
        image_size=size,
        blur_radius=(EDGE_PX * unit) ** 2,
        faces_per_pixel=1,
        perspective_correct=True,
        clip_barycentric_coords=True,
        cull_backfaces=closed and bool((z > NEAREST_M).all()),
        z_clip_value=NEAREST_M if bool((z <= NEAREST_M).any()) else None,
    )
    seen = found[..., 0].flatten()
    cell = (seen >= 0).nonzero()[:, 0]
    return Fragments(cell, seen[cell], size, vertices.detach(), faces, camera)
