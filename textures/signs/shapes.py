"""Geometry of sign faces: shapely shapes in millimetres, origin at the centre of the sign, y down as in SVG.

Everything ends as filled polygons, so a face prints, cuts and rasterises alike and needs no fonts or strokes.
"""

import math
from collections.abc import Sequence

from shapely import affinity
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

Points = Sequence[tuple[float, float]]

QUAD_SEGMENTS = 48  # a circle of 900 mm is within 0.07 mm of its polygon


def polygon(points: Points) -> Polygon:
    """The filled polygon through the points."""
    return Polygon(points)


def disc(radius_mm: float, x_mm: float = 0.0, y_mm: float = 0.0) -> Polygon:
    """A filled circle."""
    return Point(x_mm, y_mm).buffer(radius_mm, quad_segs=QUAD_SEGMENTS)


def bar(
    width_mm: float, height_mm: float, x_mm: float = 0.0, y_mm: float = 0.0, *, radius_mm: float = 0.0
) -> Polygon:
    """A filled rectangle around (x, y), with rounded corners when a radius is given."""
    half_w, half_h = width_mm / 2, height_mm / 2
    return rounded(box(x_mm - half_w, y_mm - half_h, x_mm + half_w, y_mm + half_h), radius_mm)


def rounded(shape: BaseGeometry, radius_mm: float) -> Polygon:
    """The shape with its convex corners rounded to the radius."""
    if radius_mm <= 0:
        return shape
    return shape.buffer(-radius_mm, join_style="mitre").buffer(radius_mm, quad_segs=QUAD_SEGMENTS)


def inset(shape: BaseGeometry, distance_mm: float) -> BaseGeometry:
    """The shape shrunk by the distance on all sides; corner radii shrink with it."""
    return shape.buffer(-distance_mm, join_style="mitre", quad_segs=QUAD_SEGMENTS)


def octagon(across_mm: float, radius_mm: float) -> Polygon:
    """A regular octagon with flat top, the given width across flats."""
    half, cut = across_mm / 2, across_mm / 2 * math.tan(math.pi / 8)
    corners = [
        (cut, -half),
        (half, -cut),
        (half, cut),
        (cut, half),
        (-cut, half),
        (-half, cut),
        (-half, -cut),
        (-cut, -half),
    ]
    return rounded(Polygon(corners), radius_mm)


def triangle(width_mm: float, radius_mm: float, *, points_down: bool = False) -> Polygon:
    """A rounded equilateral triangle, overall width as given, centred on its bounding box."""
    # Rounding takes r (1/tan 30 - 1) off each end of the base; the sharp triangle starts that much wider.
    side = width_mm + 2 * radius_mm * (math.sqrt(3) - 1)
    height = side * math.sqrt(3) / 2
    shape = rounded(Polygon([(-side / 2, 0), (side / 2, 0), (0, -height)]), radius_mm)
    return centred(rotated(shape, 180) if points_down else shape)


def diamond(side_mm: float, radius_mm: float) -> Polygon:
    """A square of the given side standing on a rounded corner."""
    return rotated(bar(side_mm, side_mm, radius_mm=radius_mm), 45)


def stroke(
    points: Points, width_mm: float, *, round_ends: bool = False, round_joins: bool = False
) -> BaseGeometry:
    """A line of constant width through the points."""
    return LineString(points).buffer(
        width_mm / 2,
        cap_style="round" if round_ends else "flat",
        join_style="round" if round_joins or round_ends else "mitre",
        mitre_limit=6,
        quad_segs=12,
    )


def limb(points: Points, width_mm: float) -> BaseGeometry:
    """A stroke with round ends and joins: arms, legs, tubes of a bicycle."""
    return stroke(points, width_mm, round_ends=True)


def arc(
    radius_mm: float, start_deg: float, end_deg: float, x_mm: float = 0.0, y_mm: float = 0.0
) -> list[tuple[float, float]]:
    """Points on a circle; 0 deg is to the right, angles grow clockwise as seen (y is down)."""
    count = max(8, int(abs(end_deg - start_deg) / 3))
    angles = [math.radians(start_deg + (end_deg - start_deg) * i / count) for i in range(count + 1)]
    return [(x_mm + radius_mm * math.cos(a), y_mm + radius_mm * math.sin(a)) for a in angles]


def arrowhead(
    width_mm: float, length_mm: float, tip: tuple[float, float], direction_deg: float = -90.0
) -> Polygon:
    """A triangular arrow head with its tip at the point; -90 deg points up, 0 to the right."""
    shape = Polygon([(0, 0), (-length_mm, -width_mm / 2), (-length_mm, width_mm / 2)])
    return moved(affinity.rotate(shape, direction_deg, origin=(0, 0)), *tip)


def joined(*shapes: BaseGeometry) -> BaseGeometry:
    """The union of the shapes."""
    return unary_union(shapes)


def moved(shape: BaseGeometry, x_mm: float, y_mm: float) -> BaseGeometry:
    """The shape shifted by (x, y)."""
    return affinity.translate(shape, x_mm, y_mm)


def rotated(shape: BaseGeometry, angle_deg: float) -> BaseGeometry:
    """The shape turned clockwise as seen about the sign's centre."""
    return affinity.rotate(shape, angle_deg, origin=(0, 0))


def scaled(shape: BaseGeometry, factor: float) -> BaseGeometry:
    """The shape enlarged about the sign's centre."""
    return affinity.scale(shape, factor, factor, origin=(0, 0))


def mirrored(shape: BaseGeometry) -> BaseGeometry:
    """The shape with left and right exchanged."""
    return affinity.scale(shape, -1, 1, origin=(0, 0))


def centred(shape: BaseGeometry) -> BaseGeometry:
    """The shape moved so that its bounding box is centred on the sign's centre."""
    left, top, right, bottom = shape.bounds
    return moved(shape, -(left + right) / 2, -(top + bottom) / 2)


def polygons(shape: BaseGeometry) -> list[Polygon]:
    """The simple polygons (with holes) that make up a shape."""
    if isinstance(shape, Polygon):
        return [] if shape.is_empty else [shape]
    if isinstance(shape, MultiPolygon):
        return list(shape.geoms)
    return [p for part in getattr(shape, "geoms", []) for p in polygons(part)]
