"""The outline of a mask in millimetres: where a sticker of these texels ends, finer than a texel."""

import math
from itertools import pairwise
from typing import cast

import contourpy
import numpy as np
import shapely
from jaxtyping import Float, Shaped
from torch import Tensor

# What a cutter or a hand with scissors does not follow anyway.
TOLERANCE_MM = 0.05
# The stairs of a mask of 0 and 1 are no shape to cut: corners of less than this go.
STAIR_TEXELS = 0.75
# Of a piece of a few texels no more than this share of its size goes.
SMALL = 0.1
# A bar that covers half of two texels is still one texel wide.
HALF = 0.5 - 1e-7
# Edges from this length (in texels) on are meant straight; two that meet square have a corner there.
STRAIGHT_TEXELS = 0.9
CORNER_TEXELS = 1.6


def outlines(mask: Float[Tensor, "1 u v"], width_mm: float, height_mm: float) -> shapely.MultiPolygon:
    """The area of a mask as polygons on a face of this size: mm from its top left, x right, y down.

    The line lies where half is covered. A texel that is covered in part moves the line by that part, so edges
    along the texels are exact, on texels or between them, and so are their corners; slanted edges follow to
    about a seventh of a texel. Empty when no texel reaches half.
    """
    values = mask[0].detach().double().cpu().numpy()
    rows, columns = values.shape
    fine = _halved(_halved(np.pad(values, 1), 0), 1)
    contours = contourpy.contour_generator(z=fine, fill_type=contourpy.FillType.OuterOffset)
    points, offsets = cast(tuple[list[np.ndarray], list[np.ndarray]], contours.filled(HALF, np.inf))
    # Sample i of the fine grid lies at texel coordinate i / 2 - 0.5: one texel of padding, centres at + 0.5.
    polygons = [
        _polygon([ring / 2 - 0.5 for ring in np.split(xy, ends[1:-1])])
        for xy, ends in zip(points, offsets, strict=True)
    ]
    shape = shapely.unary_union([p for p in polygons if p.area > 0])
    scale = np.array([width_mm / columns, height_mm / rows])
    hard = bool(((values == 0) | (values == 1)).all())
    tolerance_mm = max(TOLERANCE_MM, STAIR_TEXELS * scale.min()) if hard else TOLERANCE_MM
    shape = _simplified(shapely.transform(shape, lambda xy: xy * scale), tolerance_mm)
    parts = [p for p in shapely.get_parts(shape) if isinstance(p, shapely.Polygon) and not p.is_empty]
    return shapely.MultiPolygon(parts)


def _simplified(shape: shapely.Geometry, tolerance_mm: float) -> shapely.Geometry:
    """Fewer corners within the tolerance, the same rectangle around every polygon."""
    thinned = []
    for polygon in shapely.get_parts(shape):
        if isinstance(polygon, shapely.Polygon):
            within = min(tolerance_mm, SMALL * math.sqrt(polygon.area))
            rings = [_thinned(ring, within) for ring in (polygon.exterior, *polygon.interiors)]
            thinned.append(shapely.make_valid(shapely.Polygon(rings[0], rings[1:])))
    return shapely.unary_union(thinned)


def _thinned(ring: shapely.LinearRing, tolerance_mm: float) -> Shaped[np.ndarray, "n 2"]:
    """A ring simplified between the middles of its outermost edges, which therefore stay where they are."""
    points = shapely.get_coordinates(ring)[:-1]
    middles = (points + np.roll(points, -1, 0)) / 2
    every = np.stack([points, middles], axis=1).reshape(-1, 2)
    ends = sorted({int(i) for i in (*every.argmin(0), *every.argmax(0))})
    closed = np.concatenate([every[ends[0] :], every[: ends[0] + 1]])
    cuts = [end - ends[0] for end in ends] + [len(every)]
    arcs = [closed[a : b + 1] for a, b in pairwise(cuts)]
    return np.concatenate(
        [shapely.get_coordinates(shapely.LineString(arc).simplify(tolerance_mm))[:-1] for arc in arcs]
    )


def _halved(values: Shaped[np.ndarray, "a b"], axis: int) -> Shaped[np.ndarray, "c d"]:
    """Values also half-way between neighbours along an axis, as a straight edge there has them.

    Next to a full or an empty texel the covered share s puts the edge at s, so the value there is the sum of
    both minus a half; linear interpolation would have the edge of (1, 1/4, 0) a twelfth of a texel off.
    """
    first, second = (np.take(values, range(i, values.shape[axis] - 1 + i), axis) for i in (0, 1))
    both = first + second
    sharp = (first <= 0) | (first >= 1) | (second <= 0) | (second >= 1)
    between = np.where(sharp, (both - 0.5).clip(0, 1), both / 2)
    shape = list(values.shape)
    shape[axis] = 2 * shape[axis] - 1
    out = np.empty(shape)
    at = [slice(None), slice(None)]
    for start, part in ((0, values), (1, between)):
        at[axis] = slice(start, None, 2)
        out[tuple(at)] = part
    return out


def _polygon(rings: list[Shaped[np.ndarray, "_ 2"]]) -> shapely.Geometry:
    shell, *holes = (_sharpened(_straightened(ring)) for ring in rings)
    return shapely.make_valid(shapely.Polygon(shell, [h for h in holes if len(h) >= 4]))


def _straightened(ring: Shaped[np.ndarray, "n 2"]) -> Shaped[np.ndarray, "m 2"]:
    """An open ring without repeated points and without points on a straight line."""
    points = np.round(ring[:-1], 6)
    points = points[np.any(points != np.roll(points, 1, 0), axis=1)]
    before, after = points - np.roll(points, 1, 0), np.roll(points, -1, 0) - points
    turns = np.abs(before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]) > 1e-9
    return points[turns]


def _sharpened(points: Shaped[np.ndarray, "m 2"]) -> Shaped[np.ndarray, "k 2"]:
    """The corners that sampling at texel centres cut off: between square edges along the texels."""
    steps = np.roll(points, -1, 0) - points
    length = np.hypot(*steps.T)
    straight = (np.abs(steps).min(1) < 1e-6) & (length >= STRAIGHT_TEXELS)
    edges = np.flatnonzero(straight)
    if len(edges) < 2:
        return points
    out: list[np.ndarray] = []
    for edge, following in zip(edges, np.roll(edges, -1), strict=True):
        chain = [(edge + 1 + i) % len(points) for i in range((following - edge - 1) % len(points) + 1)]
        start, end = points[chain[0]], points[chain[-1]]
        square = abs(steps[edge] @ steps[following]) < 1e-6 * length[edge] * length[following]
        if square and np.abs(end - start).max() <= CORNER_TEXELS:
            upright = abs(steps[edge][0]) < 1e-6
            out.append(np.array([start[0], end[1]] if upright else [end[0], start[1]]))
        else:
            out += [points[i] for i in chain]
    return np.array(out)
