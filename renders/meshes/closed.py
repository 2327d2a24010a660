"""Whether one ever sees the inside of a mesh: where nobody can, half of the faces need not be looked at."""

import torch
import trimesh
from jaxtyping import Float
from torch import Tensor

from renders.camera import Intrinsics
from renders.meshes.mesh import Mesh
from renders.rasterisers.spans import rasterise

LOOKS = 12  # from all around
SIDE_PX = 96
AWAY = 3.0  # radii


def is_closed(mesh: Mesh) -> bool:
    """Whether the front faces hide all others from any camera outside.

    The surface must have no hole, its faces must agree on what is outside, and none may be seen from behind
    from twelve directions, as those of a body turned inside out are.
    """
    body = trimesh.Trimesh(mesh.vertices.cpu().numpy(), mesh.faces.cpu().numpy(), process=False)
    if not (body.is_watertight and body.is_winding_consistent):
        return False
    vertices = _around(mesh.vertices.double().cpu())
    ones = torch.ones(LOOKS, dtype=torch.float64)
    camera = Intrinsics(ones * SIDE_PX, ones * SIDE_PX / 2, ones * SIDE_PX / 2)
    faces = mesh.faces.cpu()
    seen = rasterise(vertices, faces, camera, (SIDE_PX, SIDE_PX)).face.unique()
    a, b, c = vertices[seen[:, None] // len(faces), faces[seen % len(faces)]].unbind(1)
    return bool(((torch.linalg.cross(b - a, c - a) * a).sum(1) < 0).all())


def _around(points: Float[Tensor, "v 3"]) -> Float[Tensor, "k v 3"]:
    """The points in view space of cameras on a spiral around them, none along an axis."""
    step = torch.arange(LOOKS, dtype=torch.float64) + 0.5
    height, angle = 1 - 2 * step / LOOKS, step * torch.pi * (3 - 5**0.5)
    flat = (1 - height.square()).sqrt()
    forward = torch.stack([flat * angle.cos(), height, flat * angle.sin()], -1)
    up = forward.new_tensor([0.0, 1.0, 0.0]).expand_as(forward)
    left = torch.nn.functional.normalize(torch.linalg.cross(up, forward), dim=-1)
    turn = torch.stack([left, torch.linalg.cross(forward, left), forward], 1)
    return points @ turn.mT + points.new_tensor([0.0, 0.0, AWAY]) * points.norm(dim=-1).amax()
