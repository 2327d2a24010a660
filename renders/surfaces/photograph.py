"""A real photograph with the article in it: the texture is put where its four corners are, lit as it was."""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from renders.camera import Intrinsics
from renders.colour import srgb_to_linear
from renders.conditions import Condition
from renders.errors import InputError
from renders.framing import Framing, View, in_order
from renders.geometry import homography
from renders.relight import Relight
from renders.lookup import Pyramid
from renders.scene import composite, layer, pyramid_of
from renders.sensor.develop import develop
from renders.sensor.optics import distort
from renders.sensor.resize import resize
from renders.window import window


@dataclass(frozen=True)
class Photo:
    """One photograph: sRGB image, the article's corners in it, what stands before it, and its light.

    Convention: corners top-left, top-right, bottom-right, bottom-left AS ON THE ARTICLE, in pixels from
    the photo's top-left corner. `occlusion` is 1 where something stands in front of the article.
    `distortion` is the photo's own radial k1: straight edges of the article bend as the photo's do.
    """

    srgb: Float[Tensor, "3 h w"]
    corners_px: Float[Tensor, "4 2"]
    occlusion: Float[Tensor, "1 h w"] | None = None
    relight: Relight = Relight.neutral()
    distortion: float = 0.0

    def __post_init__(self) -> None:
        check_corners(self.corners_px)


def check_corners(corners_px: Float[Tensor, "4 2"]) -> None:
    """Corners must go round a convex quadrilateral clockwise on the image (x right, y down)."""
    edge = corners_px.roll(-1, 0) - corners_px
    after = edge.roll(-1, 0)
    turn = edge[:, 0] * after[:, 1] - edge[:, 1] * after[:, 0]
    if not bool((turn > 0).all()):
        raise InputError(
            "corners: expected a convex quadrilateral in the order top-left, top-right, bottom-right, "
            f"bottom-left; got {corners_px.tolist()}: check the order and that no corner is inside the others"
        )


def corner_vertices(corners_px: Float[Tensor, "k 4 2"]) -> Float[Tensor, "k 4 3"]:
    """A quad in the view space of a camera of focal 1 px at the origin that projects to the corners.

    Any homography is a flat quad seen by a pinhole: the homogeneous weight of each corner is its depth,
    so the perspective across the article is exact without knowing the lens.
    """
    square = corners_px.new_tensor([[0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1]])
    homogeneous = square @ homography(corners_px).mT
    return homogeneous * corners_px.new_tensor([-1.0, -1.0, 1.0])


def undistorted(corners_px: Tensor, size: tuple[int, int], k1: float) -> Tensor:
    """Corners as a lens without distortion would have seen them; fixed-point inversion of 1 + k1 r²."""
    if k1 == 0:
        return corners_px
    middle = corners_px.new_tensor([size[1], size[0]]) / 2
    half = middle.norm()
    seen = (corners_px - middle) / half
    ideal = seen.clone()
    for _ in range(20):
        ideal = seen / (1 + k1 * ideal.square().sum(-1, keepdim=True))
    return ideal * half + middle


@dataclass(frozen=True)
class Photograph:
    """The scene of one or more photographs; `condition.background` chooses among them.

    The pose is the photo's own. FRAME shows all of it, CROP a square around the article (`zoom`, `aim`);
    light and sensor of the condition act on top of what the photo already went through.
    """

    photos: tuple[Photo, ...]
    output_px: tuple[int, int]
    framing: Framing = Framing.FRAME
    coverage: Float[Tensor, "1 u v"] | None = None
    supersample: int = 2

    def __call__(
        self, texture: Float[Tensor, "t c u v"], condition: Condition
    ) -> Float[Tensor, "t k 3 h w"]:
        """Every texture in the photo of every view, sRGB in [0, 1]."""
        condition = condition.to(texture.device, texture.dtype)
        pyramid = pyramid_of(texture, self.coverage)
        choice = condition.background % len(self.photos)
        views, parts = [], []
        for index in choice.unique().tolist():
            rows = (choice == index).nonzero()[:, 0]
            view, part = self._photograph(pyramid, self.photos[index], condition[rows])
            views.append(replace(view, rows=rows))
            parts.append(part)
        return in_order(parts, views)

    def _photograph(self, pyramid: Pyramid, photo: Photo, condition: Condition) -> tuple[View, Tensor]:
        view, left, top, side = self._view(photo, condition)
        like = condition.distance_m
        image = srgb_to_linear(photo.srgb.to(like))
        behind = window(image, left, top, side, view.size)
        rgba = photo.relight(layer(pyramid, view, supersample=self.supersample), 1 / view.camera.focal_px)
        if self.framing is Framing.FRAME and photo.distortion != 0:
            rgba = distort(rgba, torch.full_like(left, photo.distortion))
        if photo.occlusion is not None:
            rgba = rgba * (1 - window(photo.occlusion.to(like), left, top, side, view.size))
        photographs = develop(composite(rgba, behind), condition, view.binning)
        return view, resize(photographs.flatten(0, 1), self.output_px).unflatten(0, photographs.shape[:2])

    def _view(self, photo: Photo, condition: Condition) -> tuple[View, Tensor, Tensor, Tensor]:
        """The window of the photo that is shown, in photo pixels, as a view of focal length 1 / pixel."""
        like = condition.distance_m
        height, width = photo.srgb.shape[-2:]
        seen = photo.corners_px.to(like)
        corners, k = seen, len(condition)
        if self.framing is Framing.FRAME:
            corners = undistorted(seen, (height, width), photo.distortion)
            left, top = like.new_zeros(k), like.new_zeros(k)
            side = like.new_full((k,), float(width))
            size = (round(height * self.output_px[1] / width), self.output_px[1])
        else:
            low, high = seen.amin(0), seen.amax(0)
            box = (high - low).amax()
            side = box * condition.zoom
            middle = (low + high) / 2
            free = (side - box) / 2
            left = middle[0] - condition.aim_x * free - side / 2
            top = middle[1] - condition.aim_y * free - side / 2
            size = self.output_px
        scale = size[1] / side
        camera = Intrinsics(scale, -left * scale, -top * scale)
        vertices = corner_vertices(corners[None]).expand(k, -1, -1)
        binning = (1 / scale).clamp_min(1.0)
        return View(torch.arange(k), condition, vertices, camera, size, binning), left, top, side
