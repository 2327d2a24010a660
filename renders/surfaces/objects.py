"""Photographs of things, with the article on each of them at its true size: persons, cars, stop signs."""

from dataclasses import dataclass, replace
from functools import cached_property

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from renders.camera import Intrinsics
from renders.conditions import Condition
from renders.framing import View
from renders.geometry import to_view
from renders.places import Places, bounding_boxes
from renders.relight import lit
from renders.scene import pyramid_of, seen
from renders.sensor.develop import develop
from renders.sensor.optics import bent_points
from renders.shade import painted, shade
from renders.surfaces.flat import Flat, quads
from renders.surfaces.marked import Album, Marked

# What detectors put around a picture that does not fill their canvas.
GREY = 114 / 255
# An object counts in a view where at least this share of its box is in it.
IN_VIEW = 0.5


@dataclass(frozen=True)
class _Shots:
    """k views, the photo behind each, where its top left corner lies in it, and its pixels per pixel."""

    album: Album
    view: View
    origin_px: Float[Tensor, "k 2"]
    photo_px: Float[Tensor, " k"]

    def inside(self) -> Bool[Tensor, "k 1 h w"]:
        """Where the views show the photo, and not what is beside it."""
        height, width = self.view.size
        down, across = (
            (at >= 0) & (at <= extent[:, None])
            for at, extent in (
                (self._at(1, height), self.album.size_px[:, 1]),
                (self._at(0, width), self.album.size_px[:, 0]),
            )
        )
        return (down[:, :, None] & across[:, None])[:, None]

    def _at(self, axis: int, pixels: int) -> Float[Tensor, "k n"]:
        """Where the centres of the views' pixels lie in the photos."""
        steps = torch.arange(pixels).to(self.origin_px) + 0.5
        return self.origin_px[:, axis, None] + steps * self.photo_px[:, None]

    def to_view_px(self, boxes: Float[Tensor, "k b 4"]) -> Float[Tensor, "k b 4"]:
        """Boxes in the photos as boxes in the views."""
        return (boxes - self.origin_px.repeat(1, 2)[:, None]) / self.photo_px[:, None, None]

    def through_lens(self, boxes: Float[Tensor, "k b 4"]) -> tuple[Float[Tensor, "k b 4"], Tensor]:
        """Boxes in the views as the lens shows them, cut off, and how much of their area `[k b]` is left.

        The area is counted as it is before the lens, less the share that the lens pushes out of the picture.
        """
        k1 = self.view.condition.distortion
        bends, barrel = (k1 != 0)[:, None, None], (k1 < 0)[:, None, None]
        low, high = self._edges(bends)
        flat = boxes.maximum(low).minimum(high)
        # What a barrel pulls in from outside continues the edge, and with it the box that reaches it.
        stays = ~bends | (barrel & ((flat <= low) | (flat >= high)))
        bent = torch.where(stays, flat, _bent(flat, k1, self.view.size))
        shown = bent.maximum(low).minimum(high)
        return shown, _area(flat) * (_area(shown) / _area(bent).clamp_min(1e-9))

    def _edges(self, bends: Bool[Tensor, "k 1 1"]) -> tuple[Float[Tensor, "k 1 4"], Float[Tensor, "k 1 4"]]:
        """Least and greatest x, y, x, y of a box: of the view, and where a lens bends, of the photo in it."""
        whole = self.origin_px.new_tensor([self.view.size[1], self.view.size[0]] * 2)
        size_px = self.album.size_px[:, None].repeat(1, 1, 2)
        first, last = (self.to_view_px(at) for at in (torch.zeros_like(size_px), size_px))
        low, high = first.clamp_min(0), last.minimum(whole)
        return torch.where(bends, low, 0), torch.where(bends, high, whole)


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

    @cached_property
    def album(self) -> Album:
        """The photographs side by side."""
        return Album.of(self.photos)

    def __call__(self, texture: Float[Tensor, "t c u v"], condition: Condition) -> Float[Tensor, "t k 3 h w"]:
        """Every texture on every marked object in the photo of every view, sRGB in [0, 1]."""
        condition = condition.to(texture.device, texture.dtype)
        pyramid, shots = pyramid_of(texture, self.article.coverage), self._shots(condition)
        hits = seen(shots.view, quads(shots.view.vertices, shots.album.carries.shape[1]))
        gain, haze = (light[hits.view].T for light in (shots.album.gain, shots.album.haze))
        colours = lit(shade(pyramid, hits, condition), gain, haze)
        light = painted(colours, hits, self._behind(condition, shots))
        return torch.where(shots.inside(), develop(light, condition, shots.view.binning), GREY)

    def places(self, condition: Condition) -> Places:
        """Where objects and articles are in each view, as its lens shows them: boxes cut off at the frame."""
        shots = self._shots(condition.to(self.photos[0].srgb.device, self.photos[0].srgb.dtype))
        album, view = shots.album, shots.view
        objects = shots.to_view_px(album.sought_px)
        shown, left = shots.through_lens(objects)
        present = album.there & (left >= IN_VIEW * _area(objects))
        articles = shots.through_lens(_boxes(view))[0].masked_fill(~album.carries[..., None], 0)
        shown = shown.masked_fill(~album.there[..., None], 0)
        known = self.photos[0].things is not None
        return Places(shown, articles, present, album.classes if known else None)

    def _shots(self, condition: Condition) -> _Shots:
        """Which part of its photo each view shows, and the articles in front of its camera."""
        album = self.album.chosen(condition.background % len(self.photos), condition.distance_m.dtype)
        (width, height), (rows, columns) = album.size_px.unbind(1), self.output_px
        side_px = torch.maximum(width, height) / condition.background_zoom
        left = _edge(condition.background_x, width, side_px)
        top = _edge(condition.background_y, height, side_px)
        scale = columns / side_px
        camera = Intrinsics(album.focal_px * scale, (width / 2 - left) * scale, (height / 2 - top) * scale)
        vertices = self._quads(album, condition).flatten(1, 2)
        everyone = torch.arange(len(condition), device=scale.device)
        view = View(everyone, condition, vertices, camera, (rows, columns), (1 / scale).clamp_min(1))
        photo_px = album.focal_px / camera.focal_px
        centre = torch.stack([camera.centre_x_px, camera.centre_y_px], -1)
        return _Shots(album, view, album.size_px / 2 - centre * photo_px[:, None], photo_px)

    def _quads(self, album: Album, condition: Condition) -> Float[Tensor, "k b 4 3"]:
        """The article on each object, in view space, metres; behind the camera where there is none."""
        boxes = album.carriers_px
        extent = boxes[..., 2:] - boxes[..., :2]
        metres_per_px = self.object_height_m / extent[..., 1]
        x, y = self.article.width_m / 2, self.article.height_m / 2
        corners = boxes.new_tensor([[-x, y, 0], [x, y, 0], [x, -y, 0], [-x, -y, 0]])
        turned = to_view(corners, replace(condition, distance_m=torch.zeros_like(condition.distance_m)))
        aim = torch.stack([condition.aim_x, condition.aim_y], -1)[:, None]
        centre_px = boxes[..., :2] + (boxes.new_tensor(self.place) + aim / 2) * extent
        beside = (album.size_px[:, None] / 2 - centre_px) * metres_per_px[..., None]
        ahead = metres_per_px * album.focal_px[:, None]
        moved = turned[:, None] + torch.cat([beside, ahead[..., None]], -1)[:, :, None]
        return torch.where(album.carries[..., None, None], moved, -1)

    def _behind(self, condition: Condition, shots: _Shots) -> Float[Tensor, "k 3 h w"]:
        """What each view shows of its photo, in linear light; the photo's edge repeats beside it."""
        origin, height, width = shots.origin_px, *self.output_px
        choice, behind = (
            condition.background % len(self.photos),
            origin.new_empty(len(origin), 3, height, width),
        )
        for index in choice.unique().tolist():
            rows = (choice == index).nonzero()[:, 0]
            picture, extent_px = self.photos[index].linear.to(origin), shots.photo_px[rows] * width
            behind[rows] = picture.window(origin[rows, 0], origin[rows, 1], extent_px, self.output_px)
        return behind


def _edge(share: Tensor, extent_px: Tensor, side_px: Tensor) -> Tensor:
    """Where a window begins: moved within the photo, or in the middle of it where it is wider."""
    free = extent_px - side_px
    return torch.where(free > 0, share * free, free / 2)


def _boxes(view: View) -> Float[Tensor, "k b 4"]:
    """The articles' boxes in the views."""
    camera, depth = view.camera, view.vertices[..., 2:].clamp_min(1e-3)
    centre = torch.stack([camera.centre_x_px, camera.centre_y_px], -1)[:, None]
    points = centre - camera.focal_px[:, None, None] * view.vertices[..., :2] / depth
    return bounding_boxes(points.unflatten(1, (-1, 4)))


def _bent(
    boxes: Float[Tensor, "k b 4"], k1: Float[Tensor, " k"], size: tuple[int, int]
) -> Float[Tensor, "k b 4"]:
    """The boxes around what the lens of each view makes of boxes.

    A bent side is farthest out, and farthest in, at its ends or where it is nearest to the middle.
    """
    extremes = []
    for axis, pixels in enumerate((size[1], size[0])):
        low, high = boxes[..., axis], boxes[..., axis + 2]
        nearest = torch.full_like(low, pixels / 2).maximum(low).minimum(high)
        extremes.append(torch.stack([low, nearest, high], -1))
    x, y = extremes[0][..., None], extremes[1][..., None, :]
    points = torch.stack(torch.broadcast_tensors(x, y), -1).flatten(2, 3)
    bent = bent_points(points.flatten(1, 2), k1, size)
    return bounding_boxes(bent.unflatten(1, points.shape[1:3]))


def _area(boxes: Float[Tensor, "k b 4"]) -> Float[Tensor, "k b"]:
    return (boxes[..., 2:] - boxes[..., :2]).clamp_min(0).prod(-1)
