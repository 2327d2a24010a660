"""Arrows of road signs as filled shapes, millimetres, origin at the centre of the sign, y down."""

import math

from shapely.geometry.base import BaseGeometry

from textures.signs.shapes import Points, arc, arrowhead, joined, polygon, rotated, stroke


def arrow(points: Points, width_mm: float, *, head_mm: tuple[float, float]) -> BaseGeometry:
    """A stroke along the points with a head (width, length) whose tip goes on past the last point."""
    (x0, y0), (x1, y1) = points[-2], points[-1]
    angle = math.atan2(y1 - y0, x1 - x0)
    tip = (x1 + head_mm[1] * math.cos(angle), y1 + head_mm[1] * math.sin(angle))
    # The stroke runs a little into the head so that no hairline opens between them.
    into = (x1 + 0.1 * head_mm[1] * math.cos(angle), y1 + 0.1 * head_mm[1] * math.sin(angle))
    head = arrowhead(head_mm[0], head_mm[1], tip, math.degrees(angle))
    return joined(stroke([*points, into], width_mm), head)


def right_turn(size_mm: float, width_mm: float, *, radius_mm: float) -> BaseGeometry:
    """An arrow that comes from below and turns right through a quarter circle; about size x size."""
    half, head = size_mm / 2, (2.6 * width_mm, 1.75 * width_mm)
    stem_x = -0.62 * half
    top = -0.42 * half
    bend = arc(radius_mm, 180, 270, stem_x + radius_mm, top + radius_mm)
    return arrow([(stem_x, half), *bend, (half - head[1], top)], width_mm, head_mm=head)


def u_turn(size_mm: float, width_mm: float) -> BaseGeometry:
    """An arrow that comes from below on the right, turns back to the left and points down."""
    half, head = size_mm / 2, (2.6 * width_mm, 1.75 * width_mm)
    radius = 0.42 * half
    bend = arc(radius, 0, -180, 0, -half + radius + width_mm / 2)
    return arrow([(radius, half), *bend, (-radius, 0.62 * half - head[1])], width_mm, head_mm=head)


def straight(
    length_mm: float, width_mm: float, *, head_mm: tuple[float, float] | None = None
) -> BaseGeometry:
    """An arrow pointing up, centred."""
    head = head_mm or (2.7 * width_mm, 2.0 * width_mm)
    return arrow([(0, length_mm / 2), (0, -length_mm / 2 + head[1])], width_mm, head_mm=head)


def sharp_turn_left(size_mm: float, width_mm: float) -> BaseGeometry:
    """The arrow of a turn warning: up, then square to the left."""
    half, head = size_mm / 2, (2.5 * width_mm, 1.6 * width_mm)
    x, y, r = 0.45 * half, -0.35 * half, 0.75 * width_mm
    bend = arc(r, 0, -90, x - r, y + r)
    return arrow([(x, half), *bend, (-half + head[1], y)], width_mm, head_mm=head)


def gentle_curve_right(size_mm: float, width_mm: float) -> BaseGeometry:
    """The arrow of a curve warning: up, then leaning to the right."""
    half, head = size_mm / 2, (2.5 * width_mm, 1.7 * width_mm)
    r = 0.9 * half
    x = -0.42 * half
    bend = arc(r, 180, 235, x + r, 0.15 * half)
    (x0, y0), (x1, y1) = bend[-2], bend[-1]
    step = math.hypot(x1 - x0, y1 - y0)
    reach = 0.16 * half
    end = (x1 + reach * (x1 - x0) / step, y1 + reach * (y1 - y0) / step)
    return arrow([(x, half), *bend, end], width_mm, head_mm=head)


def merge_from_right(size_mm: float, width_mm: float) -> BaseGeometry:
    """A straight arrow up, joined by a lane from the lower right."""
    half = size_mm / 2
    through = arrow(
        [(0, half), (0, -half + 1.7 * width_mm)], width_mm, head_mm=(2.6 * width_mm, 1.9 * width_mm)
    )
    lane = stroke(
        [(0.62 * half, half), (0.62 * half, 0.62 * half), (0, -0.02 * half)], 0.8 * width_mm, round_joins=True
    )
    return joined(through, lane)


def pass_on_the_right(size_mm: float, width_mm: float) -> BaseGeometry:
    """An island on the left and an arrow that swings round it to the right."""
    half = size_mm / 2
    path = [
        (-0.42 * half, half),
        (-0.42 * half, 0.62 * half),
        (0.34 * half, 0.12 * half),
        (0.34 * half, -0.55 * half),
    ]
    lane = arrow(path, width_mm, head_mm=(2.4 * width_mm, 0.45 * half))
    nose = [
        (-0.62 * half, -half),
        (-0.2 * half, -half),
        (-0.2 * half, -0.12 * half),
        (-0.62 * half, 0.2 * half),
    ]
    return joined(lane, polygon(nose).buffer(0.06 * half))


def roundabout(radius_mm: float, width_mm: float) -> BaseGeometry:
    """Three arrows chasing each other counter-clockwise as seen."""
    head = (2.5 * width_mm, 1.7 * width_mm)
    # The chord of the head is longer than its arc: stop early so that a gap is left before the next tail.
    one = arrow(arc(radius_mm, 0, -58), width_mm, head_mm=head)
    return joined(*(rotated(one, 120 * i - 10) for i in range(3)))
