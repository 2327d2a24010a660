"""The shadow that an article casts on itself: the same rasteriser looks at it from the sun.

A shadow map (Williams 1978) that compares, at the middle of each of its cells, two planes: that of the face
the sun sees there and that of the point's own face. So slanted faces need no bias, and round ones have none
of the stripes that it is there to hide.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from renders.camera import Intrinsics
from renders.conditions import Condition
from renders.fragments import Fragments, Hits, picked
from renders.lights import sun_direction
from renders.rasterisers.choose import Rasterise

MAP_PX = 256  # a shadow's edge is one of these wide: 0.4 % of the article
SLACK = 2e-3  # radii: what float32 corners and depths are good for, so far away
SUN_AT = 200.0  # radii of the article: near enough for float32 depths, far enough for parallel rays (0.3°)


@torch.no_grad()
def sunlight_left(
    hits: Hits,
    vertices: Float[Tensor, "k v 3"],
    faces: Int[Tensor, "f 3"],
    condition: Condition,
    rasteriser: Rasterise,
) -> Float[Tensor, " p"]:
    """Share of the sun that reaches each point past the rest of the article, in [0, 1].

    `vertices` are in view space, metres. A constant to the gradient, like every silhouette.
    """
    turn = from_the_sun(condition).to(vertices)
    low, high = vertices.amin(1), vertices.amax(1)
    centre, radius = (low + high) / 2, (high - low).norm(dim=-1) / 2
    away = torch.stack([torch.zeros_like(radius), torch.zeros_like(radius), SUN_AT * radius], -1)
    camera = _sun_camera(len(vertices), vertices)
    seen = rasteriser((vertices - centre[:, None]) @ turn.mT + away[:, None], faces, camera, (MAP_PX, MAP_PX))
    offset = hits.position - centre.index_select(0, hits.view)
    per_hit = turn.index_select(0, hits.view)
    points = torch.einsum("pij,pj->pi", per_hit, offset) + away.index_select(0, hits.view)
    normals = torch.einsum("pij,pj->pi", per_hit, hits.normal)
    return _lit(seen, points.double(), normals.double(), hits.view, radius.index_select(0, hits.view))


def from_the_sun(condition: Condition) -> Float[Tensor, "k 3 3"]:
    """View space to the space of a camera in the sun (+X left, +Y up, +Z the way the light goes)."""
    forward = -sun_direction(condition)
    level = forward.new_tensor([1.0, 0.0, 0.0]), forward.new_tensor([0.0, 1.0, 0.0])
    up = torch.where(forward[:, 1:2].abs() > 0.9, *level)
    left = torch.nn.functional.normalize(torch.linalg.cross(up, forward), dim=-1)
    return torch.stack([left, torch.linalg.cross(forward, left), forward], 1)


def _sun_camera(k: int, like: Tensor) -> Intrinsics:
    """The article's sphere fills the map but for two pixels."""
    ones = torch.ones(k).to(like)
    return Intrinsics(ones * (MAP_PX / 2 - 2) * (SUN_AT - 1), ones * MAP_PX / 2, ones * MAP_PX / 2)


def _lit(
    seen: Fragments,
    points: Float[Tensor, "p 3"],
    normals: Float[Tensor, "p 3"],
    view: Int[Tensor, " p"],
    radius_m: Float[Tensor, " p"],
) -> Float[Tensor, " p"]:
    """Mean over the four nearest cells, bilinear, of whether nothing there lies before the own plane."""
    focal, middle = (part.double() for part in (seen.camera.focal_px[0], seen.camera.centre_x_px[0]))
    x, y = (middle - focal * points[:, axis] / points[:, 2] for axis in (0, 1))
    left, top = (x - 0.5).floor(), (y - 0.5).floor()
    shares = x - 0.5 - left, y - 0.5 - top
    planes, number = seen.depth_planes()
    offset = (points * normals).sum(1)
    lit = torch.zeros_like(x)
    for down in (0, 1):
        for across in (0, 1):
            row, column = top + down, left + across
            at = number.index_select(0, ((view * MAP_PX + row) * MAP_PX + column).long())
            by_x, by_y, constant = picked(planes, at.clamp_min(0))
            nearest_m = (by_x * (column + 0.5) + by_y * (row + 0.5) + constant).reciprocal()
            ray_x, ray_y = (middle - column - 0.5) / focal, (middle - row - 0.5) / focal
            own_m = offset / (normals[:, 0] * ray_x + normals[:, 1] * ray_y + normals[:, 2])
            free = (at < 0) | (own_m <= nearest_m + radius_m * SLACK)
            lit += free * (shares[0] if across else 1 - shares[0]) * (shares[1] if down else 1 - shares[1])
    return lit.to(radius_m)
