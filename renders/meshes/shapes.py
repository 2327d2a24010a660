"""Shapes made by rule, closed and with UVs: turned on a lathe, boxes, rings, and several put together."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

SEGMENTS = 48
CELL_MARGIN = 0.02  # free border of an island inside its cell, so that neighbours never share a texel


@dataclass(frozen=True, eq=False)
class Shape:
    """A closed surface in metres with the UVs of its corners inside the unit square."""

    vertices: Float[Tensor, "v 3"]
    faces: Int[Tensor, "f 3"]
    uvs: Float[Tensor, "f 3 2"]

    def moved(self, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> "Shape":
        """The shape somewhere else, metres."""
        return Shape(self.vertices + torch.tensor([x, y, z]), self.faces, self.uvs)

    def stretched(self, x: float = 1.0, y: float = 1.0, z: float = 1.0) -> "Shape":
        """The shape wider, higher or deeper by these factors."""
        return Shape(self.vertices * torch.tensor([x, y, z]), self.faces, self.uvs)


def lathe(profile: Sequence[tuple[float, float]], segments: int = SEGMENTS) -> Shape:
    """What turning a profile about the y axis makes: (radius, height) in metres from bottom to top.

    It must begin and end on the axis. u goes once round, to the right in front, its middle in front; v goes
    up with the length of the profile.
    """
    points = torch.tensor(profile, dtype=torch.float32)
    assert float(points[0, 0]) == 0 and float(points[-1, 0]) == 0
    length = torch.cat([torch.zeros(1), (points[1:] - points[:-1]).norm(dim=-1).cumsum(0)])
    height_uv = length / length[-1]
    rings = len(points) - 2
    turn = (torch.arange(segments) / segments - 0.5) * 2 * torch.pi
    radius, level = points[1:-1, 0, None], points[1:-1, 1, None].expand(-1, segments)
    around = torch.stack([radius * turn.sin(), level, radius * turn.cos()], -1).flatten(0, 1)
    ends = torch.tensor([[0, float(points[0, 1]), 0], [0, float(points[-1, 1]), 0]])
    vertices = torch.cat([around, ends])
    faces, uvs = [], []
    for column in range(segments):
        after = (column + 1) % segments
        left, right, middle = column / segments, (column + 1) / segments, (column + 0.5) / segments
        faces.append([rings * segments, after, column])
        uvs.append([[middle, 0.0], [right, float(height_uv[1])], [left, float(height_uv[1])]])
        for ring in range(rings - 1):
            a, b = ring * segments + column, ring * segments + after
            c, d = b + segments, a + segments
            low, high = float(height_uv[ring + 1]), float(height_uv[ring + 2])
            faces += [[a, b, c], [a, c, d]]
            uvs += [[[left, low], [right, low], [right, high]], [[left, low], [right, high], [left, high]]]
        top, last = float(height_uv[-2]), (rings - 1) * segments
        faces.append([last + column, last + after, rings * segments + 1])
        uvs.append([[left, top], [right, top], [middle, 1.0]])
    return Shape(vertices, torch.tensor(faces), torch.tensor(uvs))


def ball(radius_m: float, rings: int = 24, segments: int = SEGMENTS) -> Shape:
    """A sphere; v goes with the angle from the south pole."""
    angles = [torch.pi * ring / rings for ring in range(rings + 1)]
    profile = [
        (radius_m * float(torch.tensor(angle).sin()), -radius_m * float(torch.tensor(angle).cos()))
        for angle in angles
    ]
    profile[0], profile[-1] = (0.0, -radius_m), (0.0, radius_m)
    return lathe(profile, segments)


def box(width_m: float, height_m: float, depth_m: float, steps: int = 4) -> Shape:
    """A box; its sides lie on a grid of 3 x 2 cells: front, right, back below; left, top, bottom above."""
    half = torch.tensor([width_m, height_m, depth_m]) / 2
    x, y, z = torch.eye(3).unbind(0)
    sides = ((z, x, y), (x, -z, y), (-z, -x, y), (-x, z, y), (y, x, -z), (-y, x, z))
    patches = [_side(*side, half, steps) for side in sides]
    return joined([patches[i] for i in range(6)], (3, 2))


def _side(out: Tensor, right: Tensor, up: Tensor, half: Tensor, steps: int) -> Shape:
    line = torch.linspace(0, 1, steps + 1)
    v, u = torch.meshgrid(line, line, indexing="ij")
    uv = torch.stack([u, v], -1).reshape(-1, 2)
    place = out + right * (2 * uv[:, :1] - 1) + up * (2 * uv[:, 1:] - 1)
    number = torch.arange((steps + 1) ** 2).reshape(steps + 1, steps + 1)
    a, b, c, d = number[:-1, :-1], number[:-1, 1:], number[1:, 1:], number[1:, :-1]
    faces = torch.stack([torch.stack([a, b, c], -1), torch.stack([a, c, d], -1)], -2).reshape(-1, 3)
    return Shape(place * half, faces, uv[faces])


def ring(radius_m: float, thickness_m: float, segments: int = 24, sides: int = 12) -> Shape:
    """A torus in the x-y plane; u goes round the ring, v round its tube."""
    around = torch.arange(segments + 1) / segments
    tube = torch.arange(sides + 1) / sides
    angle, turn = around[:-1, None] * 2 * torch.pi, tube[None, :-1] * 2 * torch.pi
    out = radius_m + thickness_m / 2 * turn.cos()
    flat = thickness_m / 2 * turn.sin()
    vertices = torch.stack([out * angle.cos(), out * angle.sin(), flat.expand(segments, -1)], -1)
    i, j = torch.meshgrid(torch.arange(segments), torch.arange(sides), indexing="ij")

    def corner(di: int, dj: int) -> tuple[Tensor, Tensor]:
        number = (i + di) % segments * sides + (j + dj) % sides
        return number, torch.stack([around[i + di], tube[j + dj]], -1)

    (a, ua), (b, ub), (c, uc), (d, ud) = corner(0, 0), corner(1, 0), corner(1, 1), corner(0, 1)
    faces = torch.stack([torch.stack([a, b, c], -1), torch.stack([a, c, d], -1)], -2).reshape(-1, 3)
    uvs = torch.stack([torch.stack([ua, ub, uc], -2), torch.stack([ua, uc, ud], -2)], -3).reshape(-1, 3, 2)
    return Shape(vertices.flatten(0, 1), faces, uvs)


def joined(shapes: Sequence[Shape], cells: tuple[int, int]) -> Shape:
    """Several shapes as one, each on its own cell of a grid of (across, down) cells, from the bottom left.

    Corners at the same place become one, so that a box is closed.
    """
    across, down = cells
    start, vertices, faces, uvs = 0, [], [], []
    for number, shape in enumerate(shapes):
        cell = torch.tensor([number % across, number // across])
        inside = CELL_MARGIN + shape.uvs * (1 - 2 * CELL_MARGIN)
        uvs.append((inside + cell) / torch.tensor([across, down]))
        vertices.append(shape.vertices)
        faces.append(shape.faces + start)
        start += len(shape.vertices)
    places, number = torch.cat(vertices).mul(1e7).round().unique(dim=0, return_inverse=True)
    return Shape(places / 1e7, number[torch.cat(faces)], torch.cat(uvs))


def grid(size: tuple[int, int]) -> tuple[Float[Tensor, "r c"], Float[Tensor, "r c"]]:
    """u and v at the centre of every texel of a texture of `size` = (rows, columns)."""
    rows, columns = size
    v, u = torch.meshgrid(
        1 - (torch.arange(rows) + 0.5) / rows, (torch.arange(columns) + 0.5) / columns, indexing="ij"
    )
    return u, v
