"""Which part of the camera's frame the model gets to see, and at how many pixels."""

import math
from dataclasses import dataclass
from enum import Enum

import torch
from jaxtyping import Float
from torch import Tensor

from renders.camera import Camera, Intrinsics
from renders.conditions import Condition


class Framing(Enum):
    """FRAME: the whole camera frame. CROP: a square around the article, as a detector would cut it."""

    FRAME = "frame"
    CROP = "crop"


# Crops are photographed at one of these native sizes (each at most 20 % off), then resized for the model:
# far away the camera has fewer pixels than the model wants, and the picture must show it.
NATIVE_PX = tuple(round(8 * 2 ** (step / 2)) for step in range(20))


@dataclass(frozen=True)
class View:
    """Views of one native size: rows of the condition, geometry, camera and native pixels per image pixel."""

    rows: Tensor
    condition: Condition
    vertices: Float[Tensor, "k v 3"]
    camera: Intrinsics
    size: tuple[int, int]
    binning: Float[Tensor, " k"]


def extent_px(
    vertices: Float[Tensor, "k v 3"], camera: Camera, focal: Float[Tensor, " k"] | float = 1.0
) -> tuple[Tensor, Tensor]:
    """Centre `[k 2]` and width and height `[k 2]` of the article's box in the frame, native pixels.

    `focal` is the focal length of each view over the camera's own.
    """
    focal_px = torch.as_tensor(focal).to(vertices).expand(len(vertices))[:, None] * camera.focal_px
    scale = focal_px / vertices[..., 2].clamp_min(1e-3)
    x = camera.width_px / 2 - vertices[..., 0] * scale
    y = camera.height_px / 2 - vertices[..., 1] * scale
    points = torch.stack([x, y], -1)
    low, high = points.amin(1), points.amax(1)
    return (low + high) / 2, high - low


def frame(
    vertices: Float[Tensor, "k v 3"], condition: Condition, camera: Camera, finest_px: tuple[int, int]
) -> View:
    """The whole frame; the article is moved sideways, by `aim` of the way to where its box meets an edge."""
    focal_px = condition.focal * camera.focal_px
    metres = _sideways(vertices, condition, camera, focal_px)
    moved = vertices + torch.cat([metres, torch.zeros_like(metres[:, :1])], -1)[:, None]
    ratio = max(1.0, camera.width_px / finest_px[1])
    height, width = round(camera.height_px / ratio), round(camera.width_px / ratio)
    ones = torch.ones_like(condition.distance_m)
    intrinsics = Intrinsics(focal_px / ratio, ones * width / 2, ones * height / 2)
    rows = torch.arange(len(condition), device=ones.device)
    return View(rows, condition, moved, intrinsics, (height, width), ones * ratio)


def _sideways(
    vertices: Float[Tensor, "k v 3"], condition: Condition, camera: Camera, focal_px: Float[Tensor, " k"]
) -> Float[Tensor, "k 2"]:
    """How far to move along X and Y, in metres; not at all towards an edge that the box already reaches.

    A corner at depth Z is in the frame from -w Z / 2 f to w Z / 2 f, and each corner has its own depth.
    """
    size = vertices.new_tensor([camera.width_px, camera.height_px])
    reach = size / 2 * (vertices[..., 2:].clamp_min(1e-3) / focal_px[:, None, None])
    # +X is to the left and +Y up, where aim is negative.
    furthest = (reach - vertices[..., :2]).amin(1).clamp_min(0)
    nearest = (-reach - vertices[..., :2]).amax(1).clamp_max(0)
    aim = torch.stack([condition.aim_x, condition.aim_y], -1)
    return torch.where(aim < 0, -aim * furthest, aim * nearest)


def crops(
    vertices: Float[Tensor, "k v 3"], condition: Condition, camera: Camera, finest_px: tuple[int, int]
) -> list[View]:
    """Square crops of `zoom` times the article's box, grouped by their native size.

    `aim` moves the article within the crop. A crop with more native pixels than `finest_px` is photographed
    at that size, with `binning` native pixels to each of its own.
    """
    centre, extent = extent_px(vertices, camera, condition.focal)
    box = extent.amax(-1)
    side = (box * condition.zoom).clamp_min(1.0)
    aim = torch.stack([condition.aim_x, condition.aim_y], -1)
    corner = centre - aim * ((side - box) / 2)[:, None] - side[:, None] / 2
    limit = max(finest_px)
    sizes = torch.tensor([s for s in NATIVE_PX if s < limit] + [limit], device=side.device)
    choice = (side.log()[:, None] - sizes.to(side).log()).abs().argmin(-1)
    choice = torch.where(side >= limit, len(sizes) - 1, choice)
    principal = side.new_tensor([camera.width_px, camera.height_px]) / 2
    views = []
    for index in choice.unique().tolist():
        rows = (choice == index).nonzero()[:, 0]
        size = int(sizes[index])
        scale = size / side[rows]
        middle = (principal - corner[rows]) * scale[:, None]
        intrinsics = Intrinsics(camera.focal_px * condition.focal[rows] * scale, middle[:, 0], middle[:, 1])
        binning = (1 / scale).clamp_min(1.0)
        views.append(View(rows, condition[rows], vertices[rows], intrinsics, (size, size), binning))
    return views


def frames(
    framing: Framing,
    vertices: Tensor,
    condition: Condition,
    camera: Camera,
    output_px: tuple[int, int],
    supersample: int = 1,
) -> list[View]:
    """The views to photograph, in groups of equal native size.

    A camera averages light over its pixels, but programs shrink its files by their levels. So what has more
    pixels than the model gets is photographed at up to `supersample` times that size, and shrunk later.
    """
    finest_px = output_px[0] * supersample, output_px[1] * supersample
    if framing is Framing.FRAME:
        return [frame(vertices, condition, camera, finest_px)]
    return crops(vertices, condition, camera, finest_px)


def samples_of(view: View, output_px: tuple[int, int], supersample: int) -> int:
    """Samples along a side of each pixel: fewer where the picture has more pixels than the model gets."""
    return min(supersample, math.ceil(supersample * max(output_px) / max(view.size)))


def in_order(parts: list[Tensor], views: list[View]) -> Tensor:
    """Photographs of the groups `[t k' 3 h w]` put back in the order of the condition `[t k 3 h w]`."""
    if len(parts) == 1:
        return parts[0]
    order = torch.cat([view.rows for view in views]).argsort()
    return torch.cat(parts, dim=1).index_select(1, order)
