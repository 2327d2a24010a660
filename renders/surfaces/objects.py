"""Photographs of things, with the article on each of them at its true size: persons, cars, stop signs."""

import math
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from jaxtyping import Float, Int
from torch import Tensor

from renders.camera import Camera, Intrinsics
from renders.colour import srgb_to_linear
from renders.conditions import Condition
from renders.framing import View, in_order
from renders.geometry import to_view
from renders.lookup import Pyramid
from renders.places import Places, bounding_boxes
from renders.relight import Relight
from renders.scene import composite, layer, pyramid_of
from renders.sensor.develop import develop
from renders.surfaces.flat import Flat, quads
from renders.window import Picture

# What detectors put around a picture that does not fill their canvas.
GREY = 114 / 255
# An object counts in a view where at least this share of its box is in it.
IN_VIEW = 0.5


@dataclass(frozen=True)
class Things:
    """Everything that is known to be in a photograph: boxes (xyxy px), and the victim's number of each."""

    boxes_px: Float[Tensor, "c 4"]
    classes: Int[Tensor, " c"]


@dataclass(frozen=True)
class Marked:
    """One photograph: sRGB image, the boxes of the objects that carry articles (xyxy px), and its light.

    Where `things` are given they are what is to be found; else it is the objects that carry articles.
    """

    srgb: Float[Tensor, "3 h w"]
    objects_px: Float[Tensor, "b 4"]
    relight: Relight
    things: Things | None = None

    @property
    def sought_px(self) -> Float[Tensor, "b 4"]:
        """The boxes of what a victim is to find."""
        return self.objects_px if self.things is None else self.things.boxes_px

    @cached_property
    def linear(self) -> Picture:
        """The photo in linear light, ready to cut windows from."""
        return Picture.of(srgb_to_linear(self.srgb))

    @property
    def camera(self) -> Camera:
        """A lens of 43 mm equivalent; it only matters for the perspective within a turned article."""
        height, width = self.srgb.shape[-2:]
        return Camera(math.hypot(width, height), width, height)

    def photo_px(self, view: View) -> Float[Tensor, " k"]:
        """Photo pixels per pixel of each view."""
        return self.camera.focal_px / view.camera.focal_px

    def origin_px(self, view: View) -> Float[Tensor, "k 2"]:
        """The top left corner of each view, in pixels of the photo."""
        middle = view.binning.new_tensor([self.camera.width_px, self.camera.height_px]) / 2
        centre = torch.stack([view.camera.centre_x_px, view.camera.centre_y_px], -1)
        return middle - centre * self.photo_px(view)[:, None]


@dataclass(frozen=True)
class Objects:
    """The scene of photographs with marked objects; `condition.background` chooses among them.

    An object is taken to be `object_height_m` tall, which gives its distance and the article's size on it.
    `place` is where the article's centre sits in the object's box, as fractions from its top left. `aim`
    moves it by up to half the box; yaw, pitch and roll turn it about its centre. The view is a square of the
    photo, all of it at `background_zoom` 1, which `background_x` and `background_y` move; what is beside the
    photo is the grey of a letterbox. Light and sensor act on top of what the photo already went through.
    """

    photos: tuple[Marked, ...]
    article: Flat
    object_height_m: float
    place: tuple[float, float]
    output_px: tuple[int, int]
    supersample: int = 1

    def __call__(self, texture: Float[Tensor, "t c u v"], condition: Condition) -> Float[Tensor, "t k 3 h w"]:
        """Every texture on every marked object in the photo of every view, sRGB in [0, 1]."""
        condition = condition.to(texture.device, texture.dtype)
        pyramid = pyramid_of(texture, self.article.coverage)
        views = self._views(condition)
        rows = [view for _, view in views]
        seen = [self._light(pyramid, photo, view) for photo, view in views]
        linear = in_order([light for light, _ in seen], rows)
        inside = in_order([within[None] for _, within in seen], rows)
        # One camera for the views of all photos: each of its stages then runs once.
        binning = torch.cat([view.binning for view in rows])[
            torch.cat([view.rows for view in rows]).argsort()
        ]
        return develop(linear, condition, binning) * inside + GREY * (1 - inside)

    def places(self, condition: Condition) -> Places:
        """Where objects and articles are in each view."""
        views = self._views(condition.to(self.photos[0].srgb.device, self.photos[0].srgb.dtype))
        most = max(max(len(photo.objects_px), len(photo.sought_px)) for photo, _ in views)
        parts = [_places(photo, view, most) for photo, view in views]
        order = torch.cat([view.rows for _, view in views]).argsort()
        objects, articles, present, classes = (
            torch.cat(column)[order] for column in zip(*parts, strict=True)
        )
        known = self.photos[0].things is not None
        return Places(objects, articles, present, classes if known else None)

    def _views(self, condition: Condition) -> list[tuple[Marked, View]]:
        """The views of each photo."""
        choice = condition.background % len(self.photos)
        views = []
        for index in choice.unique().tolist():
            rows = (choice == index).nonzero()[:, 0]
            views.append((self.photos[index], self._view(self.photos[index], condition[rows], rows)))
        return views

    def _view(self, photo: Marked, condition: Condition, rows: Tensor) -> View:
        camera = photo.camera
        side_px = max(camera.width_px, camera.height_px) / condition.background_zoom
        left = _edge(condition.background_x, camera.width_px, side_px)
        top = _edge(condition.background_y, camera.height_px, side_px)
        scale = self.output_px[1] / side_px
        seen = Intrinsics(
            camera.focal_px * scale,
            (camera.width_px / 2 - left) * scale,
            (camera.height_px / 2 - top) * scale,
        )
        vertices = torch.cat([self._quad(photo, box, condition) for box in photo.objects_px.to(left)], 1)
        return View(rows, condition, vertices, seen, self.output_px, (1 / scale).clamp_min(1))

    def _quad(self, photo: Marked, box: Float[Tensor, " 4"], condition: Condition) -> Tensor:
        """The article on one object, in view space `[k 4 3]`, metres."""
        extent = box[2:] - box[:2]
        metres_per_px = self.object_height_m / extent[1]
        distance_m = (metres_per_px * photo.camera.focal_px).expand_as(condition.distance_m)
        x, y = self.article.width_m / 2, self.article.height_m / 2
        corners = box.new_tensor([[-x, y, 0], [x, y, 0], [x, -y, 0], [-x, -y, 0]])
        turned = to_view(corners, replace(condition, distance_m=distance_m))
        aim = torch.stack([condition.aim_x, condition.aim_y], -1)
        centre_px = box[:2] + (box.new_tensor(self.place) + aim / 2) * extent
        middle_px = box.new_tensor([photo.camera.width_px, photo.camera.height_px]) / 2
        shift = (middle_px - centre_px) * metres_per_px
        return turned + torch.cat([shift, torch.zeros_like(shift[:, :1])], -1)[:, None]

    def _light(self, pyramid: Pyramid, photo: Marked, view: View) -> tuple[Tensor, Tensor]:
        """Linear light of the views of one photo, and where they show the photo at all: 1, beside it 0."""
        skin = quads(view.vertices, len(photo.objects_px))
        rgba = photo.relight(layer(pyramid, view, skin, supersample=self.supersample), photo.photo_px(view))
        behind, inside = _window(photo, view)
        return composite(rgba, behind), inside


def _edge(share: Tensor, extent_px: int, side_px: Tensor) -> Tensor:
    """Where a window begins: moved within the photo, or in the middle of it where it is wider."""
    free = extent_px - side_px
    return torch.where(free > 0, share * free, free / 2)


def _window(photo: Marked, view: View) -> tuple[Float[Tensor, "k 3 h w"], Float[Tensor, "k 1 h w"]]:
    """What each view shows of the photo, and where it shows it at all: 1, beside it 0."""
    origin, photo_px = photo.origin_px(view), photo.photo_px(view)[:, None]
    height, width = view.size
    cut = photo.linear.to(origin).window(origin[:, 0], origin[:, 1], photo_px[:, 0] * width, view.size)
    x = origin[:, :1] + (torch.arange(width).to(origin) + 0.5) * photo_px
    y = origin[:, 1:] + (torch.arange(height).to(origin) + 0.5) * photo_px
    across, down = (x >= 0) & (x <= photo.camera.width_px), (y >= 0) & (y <= photo.camera.height_px)
    return cut, (down[:, :, None] & across[:, None])[:, None].to(cut)


def _places(photo: Marked, view: View, most: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Boxes of objects and articles in the views' pixels, cut off at the frame; which are there; classes.

    All are padded to `most`, classes with -1.
    """
    origin, photo_px = photo.origin_px(view), photo.photo_px(view)[:, None, None]
    objects = (photo.sought_px.to(origin) - origin.repeat(1, 2)[:, None]) / photo_px
    camera, depth = view.camera, view.vertices[..., 2:].clamp_min(1e-3)
    centre = torch.stack([camera.centre_x_px, camera.centre_y_px], -1)[:, None]
    points = centre - camera.focal_px[:, None, None] * view.vertices[..., :2] / depth
    articles = bounding_boxes(points.unflatten(1, (-1, 4)))
    limit = origin.new_tensor([view.size[1], view.size[0]] * 2)
    shown = objects.clamp_min(0).minimum(limit)
    present = _area(shown) >= IN_VIEW * _area(objects)
    articles = articles.clamp_min(0).minimum(limit)
    unknown = present.new_full(objects.shape[1:2], -1, dtype=torch.int64)
    classes = unknown if photo.things is None else photo.things.classes
    classes = _filled(classes.expand(len(shown), -1), most, -1)
    return _filled(shown, most), _filled(articles, most), _filled(present, most), classes


def _filled(values: Tensor, most: int, fill: int = 0) -> Tensor:
    """As many places of each view `[k b ...]` as the view with the most."""
    room = values.new_full((len(values), most - values.shape[1], *values.shape[2:]), fill)
    return torch.cat([values, room], 1)


def _area(boxes: Float[Tensor, "k b 4"]) -> Float[Tensor, "k b"]:
    return (boxes[..., 2:] - boxes[..., :2]).clamp_min(0).prod(-1)
