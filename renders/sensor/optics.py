"""The lens: light fall-off and radial distortion."""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from renders.conditions import Condition
from renders.sensor.rows import per_view, where_on


def _from_centre(size: tuple[int, int], like: Tensor) -> Float[Tensor, "h w 2"]:
    """x to the right and y down of every pixel centre from the image centre, in half diagonals."""
    height, width = size
    half_diagonal = math.hypot(height, width) / 2
    rows = torch.arange(height, device=like.device).to(like) + 0.5 - height / 2
    columns = torch.arange(width, device=like.device).to(like) + 0.5 - width / 2
    y, x = torch.meshgrid(rows / half_diagonal, columns / half_diagonal, indexing="ij")
    return torch.stack([x, y], -1)


def vignette(linear: Float[Tensor, "t k 3 h w"], condition: Condition) -> Float[Tensor, "t k 3 h w"]:
    """Light times 1 - vignetting r², r = 1 in the corner."""

    def stage(images: Tensor, rows: Tensor) -> Tensor:
        radius2 = _from_centre((images.shape[-2], images.shape[-1]), images).square().sum(-1)
        return images * (1 - per_view(condition.vignetting[rows], images) * radius2)

    return where_on(linear, condition.vignetting != 0, stage)


def undistorted(radius: Tensor, k1: Tensor) -> Tensor:
    """The ideal radius u that the lens puts at `radius`: the root of u (1 + k1 u²) = radius (Newton).

    Both in half diagonals. Below k1 = -4/27 the curve turns back before it reaches the corner; there the
    radius stops at the turning point.
    """
    turn = (-1 / (3 * k1.clamp(max=-1e-3))).sqrt()  # where the slope 1 + 3 k1 u² is 0; > 18 for k1 >= 0
    u = radius
    for _ in range(8):
        slope = (1 + 3 * k1 * u * u).clamp(min=1e-2)
        u = torch.minimum(u - (u * (1 + k1 * u * u) - radius) / slope, turn)
    return u


def bent_points(
    points: Float[Tensor, "k n 2"], k1: Float[Tensor, " k"], size: tuple[int, int]
) -> Float[Tensor, "k n 2"]:
    """Where the lens of each view shows points (x, y in pixels) of its ideal picture: `bend` looks back.

    What lies beyond the radius at which the curve turns is shown at the turn, as `undistorted` has it.
    """
    middle = points.new_tensor([size[1], size[0]]) / 2
    place = (points - middle) / middle.norm()
    radius = place.norm(dim=-1, keepdim=True)
    k1 = k1.to(points)[:, None, None]
    ideal = torch.minimum(radius, (-1 / (3 * k1.clamp(max=-1e-3))).sqrt())
    return middle + place * middle.norm() * ideal * (1 + k1 * ideal * ideal) / radius.clamp(min=1e-9)


def bend(images: Float[Tensor, "t k c h w"], k1: Float[Tensor, " k"]) -> Float[Tensor, "t k c h w"]:
    """Each view as a lens with radial k1 bends it: distorted = ideal (1 + k1 ideal²), in half diagonals.

    k1 < 0 is a barrel, k1 > 0 a pincushion. The scale at the centre is kept, so distances stay true; what a
    barrel pulls in from outside the frame continues the edge. One bilinear resampling (Brown 1971, one term).
    """

    def stage(images: Tensor, rows: Tensor) -> Tensor:
        t, k, _, height, width = images.shape
        place = _from_centre((height, width), images)
        # The lens is symmetric: one quarter of the frame is worked out and mirrored.
        radius = place[height // 2 :, width // 2 :].norm(dim=-1).expand(k, -1, -1)
        stretch = undistorted(radius, k1[rows].to(images)[:, None, None]) / radius.clamp(min=1e-9)
        stretch = torch.where(radius > 0, stretch, torch.ones_like(stretch))
        stretch = torch.cat([stretch[:, :, width % 2 :].flip(2), stretch], 2)
        stretch = torch.cat([stretch[:, height % 2 :].flip(1), stretch], 1)
        # grid_sample wants -1 ... 1 from edge to edge
        half_diagonal = math.hypot(height, width) / 2
        to_edges = place.new_tensor([2 * half_diagonal / width, 2 * half_diagonal / height])
        grid = (place * stretch[..., None] * to_edges).repeat(t, 1, 1, 1)
        warped = F.grid_sample(images.flatten(0, 1), grid, padding_mode="border", align_corners=False)
        return warped.unflatten(0, (t, k))

    return where_on(images, k1 != 0, stage)


def distort(linear: Float[Tensor, "t k 3 h w"], condition: Condition) -> Float[Tensor, "t k 3 h w"]:
    """The light as the lens of each view bends it: see `bend`."""
    return bend(linear, condition.distortion)
