"""Visibility by ray casting with Intel Embree (embreex): another idea than the others, so it checks them."""

import numpy as np
import torch
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore_scene import EmbreeScene
from jaxtyping import Float, Int
from torch import Tensor

from renders.camera import Intrinsics
from renders.fragments import Fragments


@torch.no_grad()
def rasterise(
    vertices: Float[Tensor, "k v 3"],
    faces: Int[Tensor, "f 3"],
    camera: Intrinsics,
    size: tuple[int, int],
    *,
    closed: bool = False,
) -> Fragments:
    """The nearest face at each pixel; see `renders.rasterisers.spans.rasterise`. CPU, float32 inside.

    A `closed` mesh gets no other treatment, so it checks that promise too.
    """
    height, width = size
    y, x = np.mgrid[:height, :width].reshape(2, -1) + 0.5
    points = vertices.detach().cpu().float().numpy()
    triangles = faces.cpu().int().numpy()
    views = torch.stack([camera.focal_px, camera.centre_x_px, camera.centre_y_px], -1).tolist()
    seen = [
        _seen(
            points[view], triangles, np.stack([(across - x) / focal, (down - y) / focal, np.ones_like(x)], -1)
        )
        for view, (focal, across, down) in enumerate(views)
    ]
    face = torch.from_numpy(np.stack(seen)).to(vertices.device, torch.int64).reshape(len(views), -1)
    packed = face + torch.arange(len(views), device=face.device)[:, None] * len(faces)
    hit = (face >= 0).flatten()
    return Fragments(hit.nonzero()[:, 0], packed.flatten()[hit], size, vertices.detach(), faces, camera)


def _seen(points: np.ndarray, triangles: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """The first triangle each ray from the camera meets, -1 for none."""
    scene = EmbreeScene()
    TriangleMesh(scene, np.ascontiguousarray(points), np.ascontiguousarray(triangles))
    found: np.ndarray = scene.run(np.zeros_like(directions, dtype=np.float32), directions.astype(np.float32))
    return found
