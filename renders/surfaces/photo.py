"""One photograph with an article in it: where its corners are, what stands before it, how it is lit."""

import math
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from jaxtyping import Float
from torch import Tensor

from renders.camera import Camera
from renders.colour import srgb_to_linear
from renders.conditions import still
from renders.errors import InputError
from renders.framing import View, crops
from renders.geometry import homography
from renders.relight import Relight, estimate
from renders.scene import layer, pyramid_of
from renders.sensor.optics import undistorted
from renders.surfaces.flat import quad
from renders.window import Picture

NEUTRAL = Relight.neutral()
LIGHT_SIDE_PX = 320  # the article is compared with its photo at no more pixels than this


@dataclass(frozen=True)
class Photo:
    """One photograph: sRGB image, the article's corners in it, what stands before it, and its light.

    Convention: corners top-left, top-right, bottom-right, bottom-left AS ON THE ARTICLE, in pixels from
    the photo's top-left corner. `occlusion` is 1 where something stands in front of the article.
    `distortion` is the photo's own radial k1: straight edges of the article bend as the photo's do.
    `focal_px` only turns the article's normal towards sun and camera; without it the photo's diagonal is
    taken, a lens of 43 mm equivalent.
    """

    srgb: Float[Tensor, "3 h w"]
    corners_px: Float[Tensor, "4 2"]
    occlusion: Float[Tensor, "1 a b"] | None = None
    relight: Relight = NEUTRAL
    distortion: float = 0.0
    focal_px: float | None = None

    def __post_init__(self) -> None:
        check_corners(self.corners_px)
        height, width = self.srgb.shape[-2:]
        if self.occlusion is not None and self.occlusion.shape[-2:] != (height, width):
            rows, columns = self.occlusion.shape[-2:]
            raise InputError(
                f"occlusion: expected a mask of the photo's size {width} x {height}; got {columns} x {rows}: "
                "draw it on the photo"
            )

    @cached_property
    def linear(self) -> Picture:
        """The photo in linear light, ready to cut windows from."""
        return Picture.of(srgb_to_linear(self.srgb))

    @cached_property
    def blocked(self) -> Picture:
        """The occlusion mask, ready to cut windows from."""
        assert self.occlusion is not None
        return Picture.of(self.occlusion)

    @property
    def ideal_corners_px(self) -> Float[Tensor, "4 2"]:
        """The corners as a lens without distortion would have seen them."""
        if self.distortion == 0:
            return self.corners_px
        middle = self.corners_px.new_tensor([self.srgb.shape[-1], self.srgb.shape[-2]]) / 2
        place = (self.corners_px - middle) / middle.norm()
        radius = place.norm(dim=-1, keepdim=True)
        stretch = undistorted(radius, place.new_tensor(self.distortion)) / radius.clamp_min(1e-9)
        return place * stretch * middle.norm() + middle

    @property
    def camera(self) -> Camera:
        """The camera of the photo; its axis meets the middle."""
        height, width = self.srgb.shape[-2:]
        return Camera(self.focal_px or math.hypot(width, height), width, height)

    def cut(self, picture: Picture, view: View) -> Float[Tensor, "k c h w"]:
        """What the views show of a picture of the photo's size."""
        camera, seen = self.camera, view.camera
        photo_px = self.photo_px(view)
        left = camera.width_px / 2 - seen.centre_x_px * photo_px
        top = camera.height_px / 2 - seen.centre_y_px * photo_px
        return picture.to(left).window(left, top, view.size[1] * photo_px, view.size)

    def photo_px(self, view: View) -> Float[Tensor, " k"]:
        """Photo pixels per pixel of each view."""
        return self.camera.focal_px / view.camera.focal_px


def check_corners(corners_px: Float[Tensor, "4 2"]) -> None:
    """Corners must go round a convex quadrilateral clockwise on the image (x right, y down)."""
    edge = corners_px.roll(-1, 0) - corners_px
    after = edge.roll(-1, 0)
    turn = edge[:, 0] * after[:, 1] - edge[:, 1] * after[:, 0]
    if not bool((turn > 0).all()):
        raise InputError(
            "corners: expected a convex quadrilateral, clockwise from the top left of the article; "
            f"got {corners_px.tolist()}: check the order and that no corner is inside the others"
        )


def corner_vertices(corners_px: Float[Tensor, "4 2"], camera: Camera) -> Float[Tensor, "4 3"]:
    """A quad in view space that the camera sees at the corners.

    Any homography is a flat quad seen by a pinhole: the homogeneous weight of each corner is its depth, so
    the perspective across the article is exact whatever the focal length; only its tilt depends on it.
    """
    square = corners_px.new_tensor([[0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1]])
    homogeneous = square @ homography(corners_px[None])[0].T
    depth = homogeneous[:, 2:]
    middle = corners_px.new_tensor([camera.width_px, camera.height_px]) / 2
    return torch.cat([(middle * depth - homogeneous[:, :2]) / camera.focal_px, depth], -1)


@torch.no_grad()
def lit(
    photo: Photo, face: Float[Tensor, "1 3 u v"], coverage: Float[Tensor, "1 u v"] | None = None
) -> Photo:
    """The photo with its light estimated from what it shows of an article whose clean sRGB face is known."""
    condition = replace(still(1), zoom=torch.full((1,), 1.1)).to(face.device, face.dtype)
    vertices = corner_vertices(photo.corners_px.to(face), photo.camera)
    view = crops(vertices[None], condition, photo.camera, (LIGHT_SIDE_PX, LIGHT_SIDE_PX))[0]
    clean = layer(pyramid_of(face, coverage), view, quad(view.vertices), supersample=2)[0, 0]
    if photo.occlusion is not None:
        clean = clean * (1 - photo.cut(photo.blocked, view)[0])
    found = estimate(photo.cut(photo.linear, view)[0], clean)
    return replace(photo, relight=replace(found, blur_px=found.blur_px * float(photo.photo_px(view))))
