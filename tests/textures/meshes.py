"""Test objects with known shape: a box, a sphere and a tube, with seams as real files have them."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from renders.meshes.mesh import Mesh
from tests.renders.scenes import noise

SIDES = (
    # origin, along u, along v: outward normal is u x v
    ((-1, -1, 1), (2, 0, 0), (0, 2, 0)),
    ((1, -1, -1), (-2, 0, 0), (0, 2, 0)),
    ((1, -1, 1), (0, 0, -2), (0, 2, 0)),
    ((-1, -1, -1), (0, 0, 2), (0, 2, 0)),
    ((-1, 1, 1), (2, 0, 0), (0, 0, -2)),
    ((-1, -1, -1), (2, 0, 0), (0, 0, 2)),
)


def box(width_m: float = 0.06, height_m: float = 0.04, depth_m: float = 0.03, texels: int = 96) -> Mesh:
    """A box whose six sides lie apart on the texture, three across and two down."""
    half = torch.tensor([width_m, height_m, depth_m]) / 2
    points, faces, uvs = [], [], []
    for number, side in enumerate(SIDES):
        origin, along, up = (torch.tensor(part).float() for part in side)
        corners = [origin, origin + along, origin + along + up, origin + up]
        left, low = 0.04 + number % 3 / 3, 0.06 + number // 3 / 2
        square = [(left, low), (left + 0.25, low), (left + 0.25, low + 0.38), (left, low + 0.38)]
        for triangle in ((0, 1, 2), (0, 2, 3)):
            faces.append([len(points) + i for i in triangle])
            uvs.append([square[i] for i in triangle])
        points += [corner * half for corner in corners]
    return Mesh(
        "box",
        torch.stack(points),
        torch.tensor(faces),
        torch.tensor(uvs),
        noise(1, 3, texels, texels, seed=1),
        torch.zeros(12, dtype=torch.int64),
    )


def grid(across: int, up: int, place: Callable[[Tensor, Tensor], Tensor], name: str, texels: int) -> Mesh:
    """A surface over (u, v) in the unit square, closed where the right edge meets the left one."""
    u, v = torch.meshgrid(*(torch.linspace(0, 1, n + 1).double() for n in (across, up)), indexing="ij")
    points = place(u, v).float().reshape(-1, 3)
    # The last column is the first one, to the last bit.
    points.reshape(across + 1, up + 1, 3)[-1] = points.reshape(across + 1, up + 1, 3)[0]
    i, j = torch.meshgrid(torch.arange(across), torch.arange(up), indexing="ij")
    a = (i * (up + 1) + j).flatten()
    right, above = up + 1, 1
    quads = torch.stack([a, a + right, a + right + above, a + above], -1)
    faces = torch.cat([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    uv = torch.stack([0.02 + 0.96 * u, 0.02 + 0.96 * v], -1).float().reshape(-1, 2)
    corners = points[faces]
    proper = (
        torch.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0], dim=-1).norm(dim=-1) > 1e-9
    )
    faces = faces[proper]
    zero = torch.zeros(len(faces), dtype=torch.int64)
    return Mesh(name, points, faces, uv[faces], noise(1, 3, texels, texels, seed=2), zero)


def ball(radius_m: float = 0.04, across: int = 24, up: int = 12, texels: int = 96) -> Mesh:
    """A closed sphere with a seam and two poles."""

    def place(u: Tensor, v: Tensor) -> Tensor:
        around, height = 2 * torch.pi * u, torch.pi * v[0]
        ring = radius_m * height.sin() * (v > 0) * (v < 1)
        # Once for all columns: each pole is one point, to the last bit.
        level = (-radius_m * height.cos()).expand_as(u)
        return torch.stack([ring * around.sin(), level, ring * around.cos()], -1)

    return grid(across, up, place, "ball", texels)


def tube(radius_m: float = 0.03, height_m: float = 0.08, across: int = 32, texels: int = 96) -> Mesh:
    """A cylinder without ends."""

    def place(u: Tensor, v: Tensor) -> Tensor:
        around = 2 * torch.pi * u
        return torch.stack([radius_m * around.sin(), (v - 0.5) * height_m, radius_m * around.cos()], -1)

    return grid(across, 3, place, "tube", texels)


OBJECTS: Mapping[str, Callable[[], Mesh]] = {"box": box, "ball": ball, "tube": tube}
