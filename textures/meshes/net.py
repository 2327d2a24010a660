"""A paper net: the unfolded pieces with fold lines, and numbered tabs to glue their edges together."""

import numpy as np
import shapely
from jaxtyping import Float

from textures.meshes.patch import Patch, Stretch, polygons
from textures.meshes.solid import Solid
from textures.meshes.unfold import FLAT_DEG, MEET_MM, Net, Piece, unfolded

TAB_MM, TAB_SHARE, SLANT = 6.0, 0.4, 0.7
# Shorter edges have no room for a number that could be read.
NUMBERED_MM = 5.0
# Outside the edge and its ink, on the tab or on what is cut away; across a narrower gap, on the part beyond.
NUMBER_GAP_MM, DIGIT_MM, DIGIT_HEIGHT_MM = 0.3, 1.1, 1.3
TOUCH_MM = 0.02
INK_MM = 1.0
TRUE = Stretch(1.0, 1.0, 1.0)
Edge = Float[np.ndarray, "2 2"]


def net_of(solid: Solid, room_mm: tuple[float, float]) -> list[Patch]:
    """The pieces of the net, the largest first, each at most `room_mm` with its tabs.

    Of two edges that are glued together one has a tab; both have the same number. Raises InputError as
    `unfolded` does.
    """
    net = unfolded(solid, (room_mm[0] - 2 * TAB_MM, room_mm[1] - 2 * TAB_MM))
    # Paper has y down.
    areas = [shapely.polygons(np.stack(piece.corners) * [1, -1]) for piece in net.pieces]
    # What meets is one area, without a slit to cut along.
    wholes = [shapely.union_all(shapely.buffer(area, MEET_MM / 2)) for area in areas]
    tabs, labels = _tabs(net, wholes)
    order = sorted(range(len(wholes)), key=lambda i: -wholes[i].area)
    return [
        _patch(number, net, net.pieces[i], wholes[i], tabs[i], labels[i])
        for number, i in enumerate(order, start=1)
    ]


def _patch(
    number: int,
    net: Net,
    piece: Piece,
    faces: shapely.Geometry,
    tabs: list[shapely.Polygon],
    labels: list[tuple[float, float, str]],
) -> Patch:
    whole = shapely.union_all([faces, *tabs])
    left, top = whole.bounds[:2]
    shift = np.array([left, top])
    bent = [i for i in piece.hinges if abs(net.hinges[i].bend_deg) > FLAT_DEG]
    folds = [edge_of(net, piece, i, piece.faces) for i in bent]
    return Patch(
        number,
        np.array(piece.faces),
        np.stack(piece.corners) * [1, -1] - shift,
        polygons(shapely.transform(whole, lambda xy: xy - shift)),
        polygons(shapely.transform(faces.buffer(INK_MM), lambda xy: xy - shift)),
        np.stack(folds) - shift if folds else np.zeros((0, 2, 2)),
        np.array([net.hinges[i].bend_deg > 0 for i in bent], dtype=bool),
        tuple((x - left, y - top, words) for x, y, words in labels),
        TRUE,
    )


def edge_of(net: Net, piece: Piece, index: int, faces: list[int], side: int = 0) -> Edge:
    """Start and end of an edge of a piece on paper (y down), as its face goes round it."""
    hinge = net.hinges[index]
    corners = piece.corners[faces.index(hinge.faces[side])] * [1, -1]
    place = hinge.places[side]
    return np.stack([corners[place], corners[(place + 1) % 3]])


def _tabs(
    net: Net, wholes: list[shapely.Geometry]
) -> tuple[list[list[shapely.Polygon]], list[list[tuple[float, float, str]]]]:
    """For each piece the tabs at its cut edges and the numbers beside them."""
    tabs: list[list[shapely.Polygon]] = [[] for _ in net.pieces]
    labels: list[list[tuple[float, float, str]]] = [[] for _ in net.pieces]
    owner = {face: i for i, piece in enumerate(net.pieces) for face in piece.faces}
    folded = {index for piece in net.pieces for index in piece.hinges}
    number = 0
    for index, hinge in enumerate(net.hinges):
        if index in folded:
            continue
        number += 1
        sides = [(owner[face], side) for side, face in enumerate(hinge.faces)]
        edges = [edge_of(net, net.pieces[i], index, net.pieces[i].faces, side) for i, side in sides]
        # Where neither side has room for a tab the edges meet without one.
        for (i, _), edge in zip(sides, edges, strict=True):
            tab = tab_at(edge)
            # A hair smaller, since it touches its own face all along the edge.
            free = tab.buffer(-TOUCH_MM)
            if not any(free.intersects(other) for other in (wholes[i], *tabs[i])):
                tabs[i].append(tab)
                break
        for (i, _), edge in zip(sides, edges, strict=True):
            if np.linalg.norm(edge[1] - edge[0]) >= NUMBERED_MM:
                labels[i].append(_beside(edge, str(number)))
    return tabs, labels


def _beside(edge: Edge, words: str) -> tuple[float, float, str]:
    """The middle of a number beside an edge, and the number."""
    out = outward(edge)
    half = np.abs(out) @ [len(words) * DIGIT_MM / 2, DIGIT_HEIGHT_MM / 2]
    x, y = edge.mean(0) + (INK_MM + NUMBER_GAP_MM + half) * out
    return float(x), float(y), words


def outward(edge: Edge) -> Float[np.ndarray, " 2"]:
    """The unit normal of an edge away from its face, which lies on the right of it on paper (y down)."""
    along = edge[1] - edge[0]
    normal: np.ndarray = np.array([-along[1], along[0]]) / np.linalg.norm(along)
    return normal


def tab_at(edge: Edge) -> shapely.Polygon:
    """The tab outside an edge: a trapezium."""
    along = edge[1] - edge[0]
    length = float(np.linalg.norm(along))
    depth = min(TAB_MM, TAB_SHARE * length)
    slant, out = along / length * depth * SLANT, outward(edge) * depth
    return shapely.Polygon([edge[0], edge[1], edge[1] - slant + out, edge[0] + slant + out])
