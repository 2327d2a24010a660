"""A picture painted from back to front with flat shapes given in metres, seen by a pinhole camera."""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from PIL import Image, ImageDraw
from torch import Tensor

from renders.scenery.dice import Colour, Dice, mixed, scaled

Point = tuple[float, float, float]
NEAR_M = 0.4


class Canvas:
    """Holds the picture and, beside it, how rough each pixel's surface is.

    Convention: x to the right, y up from the ground, z into the scene, metres; the camera stands at
    (0, eye_m, 0). `horizon` and `vanishing_x` place the point that z runs to, as fractions of the picture.
    """

    def __init__(self, size_px: int, focal: float, eye_m: float, horizon: float, vanishing_x: float) -> None:
        self.size_px = size_px
        self.focal_px = focal * size_px
        self.eye_m = eye_m
        self.horizon_px = horizon * size_px
        self.centre_px = vanishing_x * size_px
        self.haze: Colour = (200, 205, 210)
        self.haze_m = 1e9
        self.sun_gains = (1.0, 1.0, 1.0, 1.0)  # of faces to the left, to the right, to the camera, upwards
        self._picture = Image.new("RGB", (size_px, size_px))
        self._roughness = Image.new("L", (size_px, size_px))
        self._pen = ImageDraw.Draw(self._picture)
        self._rough_pen = ImageDraw.Draw(self._roughness)

    def pixel(self, point: Point) -> tuple[float, float]:
        """Where a point in front of the camera appears."""
        x, y, z = point
        scale = self.focal_px / max(z, NEAR_M)
        return self.centre_px + scale * x, self.horizon_px - scale * (y - self.eye_m)

    def face(self, points: Sequence[Point], colour: Colour, rough: float = 0.1) -> None:
        """A flat polygon, cut off at the near plane, paled by haze with distance."""
        points = _in_front(points)
        if len(points) < 3:
            return
        depth = sum(p[2] for p in points) / len(points)
        paint = mixed(colour, self.haze, 1 - math.exp(-depth / self.haze_m))
        self.flat([self.pixel(p) for p in points], paint, rough)

    def flat(self, pixels: Sequence[tuple[float, float]], colour: Colour, rough: float = 0.1) -> None:
        """A polygon in pixels."""
        limit = 20.0 * self.size_px  # Pillow misdraws polygons that reach out absurdly far
        inside = [(max(-limit, min(limit, x)), max(-limit, min(limit, y))) for x, y in pixels]
        self._pen.polygon(inside, fill=_bytes(colour))
        self._rough_pen.polygon(inside, fill=int(255 * rough))

    def blob(self, centre: Point, radius_m: float, colour: Colour, rough: float = 0.3) -> None:
        """A disc facing the camera."""
        x, y = self.pixel(centre)
        radius = self.focal_px * radius_m / max(centre[2], NEAR_M)
        box = (x - radius, y - radius, x + radius, y + radius)
        self._pen.ellipse(box, fill=_bytes(mixed(colour, self.haze, 1 - math.exp(-centre[2] / self.haze_m))))
        self._rough_pen.ellipse(box, fill=int(255 * rough))

    def line(self, points: Sequence[Point], width_m: float, colour: Colour) -> None:
        """A thin rod or wire through the points, at least about half a pixel wide."""
        width = self.focal_px * width_m / max(min(p[2] for p in points), NEAR_M)
        paint = mixed(colour, self.haze, 1 - math.exp(-points[0][2] / self.haze_m))
        self._pen.line([self.pixel(p) for p in points], fill=_bytes(paint), width=max(1, round(width)))

    def box(self, low: Point, high: Point, colour: Colour, rough: float = 0.1) -> None:
        """An upright block between two corners: the side, top and front that the camera sees."""
        (x0, y0, z0), (x1, y1, z1) = low, high
        left, right, front, top = self.sun_gains
        if x0 > 0:
            self.face([(x0, y0, z0), (x0, y1, z0), (x0, y1, z1), (x0, y0, z1)], scaled(colour, left), rough)
        if x1 < 0:
            self.face([(x1, y0, z0), (x1, y1, z0), (x1, y1, z1), (x1, y0, z1)], scaled(colour, right), rough)
        if y1 < self.eye_m:
            self.face([(x0, y1, z0), (x1, y1, z0), (x1, y1, z1), (x0, y1, z1)], scaled(colour, top), rough)
        if z0 > NEAR_M:
            self.face([(x0, y0, z0), (x1, y0, z0), (x1, y1, z0), (x0, y1, z0)], scaled(colour, front), rough)

    def gradient(self, top: Colour, bottom: Colour, until_px: float) -> None:
        """Horizontal bands from the top of the picture down to a row."""
        rows = max(1, min(self.size_px, math.ceil(until_px)))
        for row in range(rows):
            paint = mixed(top, bottom, (row + 0.5) / rows)
            self._pen.line([(0, row), (self.size_px, row)], fill=_bytes(paint))

    def arrays(self) -> tuple[Float[Tensor, "3 s s"], Float[Tensor, "1 s s"]]:
        """The picture as sRGB in [0, 1] and the roughness in [0, 1]."""
        picture, roughness = (
            torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8).float() / 255
            for image in (self._picture, self._roughness)
        )
        size = (self.size_px, self.size_px)
        return picture.unflatten(0, (*size, 3)).permute(2, 0, 1), roughness.unflatten(0, (1, *size))


def clouds(dice: Dice, size_px: int, coarsest: int = 2, falloff: float = 0.6) -> Float[Tensor, "1 s s"]:
    """Noise at every scale from coarse to the pixel, of standard deviation about 1."""
    total = torch.zeros(1, 1, size_px, size_px)
    weight, power, cells = 1.0, 0.0, coarsest
    while cells <= size_px:
        grid = torch.randn(1, 1, cells + 2, cells + 2, generator=dice.generator)
        layer = torch.nn.functional.interpolate(grid, size=size_px, mode="bilinear", align_corners=False)
        total, power = total + weight * layer, power + weight * weight / 2
        weight, cells = weight * falloff, cells * 2
    return total[0] / math.sqrt(power)


def _in_front(points: Sequence[Point]) -> list[Point]:
    """The polygon without what lies nearer than the near plane (Sutherland & Hodgman 1974)."""
    kept: list[Point] = []
    for a, b in zip(points, [*points[1:], points[0]], strict=True):
        if a[2] >= NEAR_M:
            kept.append(a)
        if (a[2] >= NEAR_M) != (b[2] >= NEAR_M):
            share = (NEAR_M - a[2]) / (b[2] - a[2])
            kept.append((a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1]), NEAR_M))
    return kept


def _bytes(colour: Colour) -> tuple[int, int, int]:
    red, green, blue = (max(0, min(255, round(c))) for c in colour)
    return red, green, blue
