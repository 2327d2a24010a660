"""A surface unfolded along its edges into pieces of paper, without any stretch.

Each piece grows from the largest face that is left: the flattest edge is unfolded next, unless the new face
would overlap the piece or leave the page.
"""

import heapq
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from renders.errors import InputError
from textures.meshes.solid import Solid

MOST_FACES = 3000
FLAT_DEG = 0.5
# Faces that only touch do not overlap: rounding is far below this.
TOUCH_MM = 1e-4
# Round a ring of hinges rounding adds up; still nobody could cut between edges so close.
MEET_MM = 2e-4


@dataclass(frozen=True)
class Hinge:
    """An edge between two faces: each face and the place (0-2) of the edge's first corner in it.

    `bend_deg` is 0 where the faces lie in one plane, positive on a hill and negative in a valley.
    """

    faces: tuple[int, int]
    places: tuple[int, int]
    bend_deg: float


@dataclass(eq=False)
class Piece:
    """Faces that hang together, flat: where their corners lie in mm (y up), and the hinges between them.

    The hinges are those that it grew along and those whose edges have met on paper meanwhile.
    """

    faces: list[int] = field(default_factory=list)
    corners: list[Float[np.ndarray, "3 2"]] = field(default_factory=list)
    hinges: list[int] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class Net:
    """All pieces of a surface, and all edges between two faces."""

    pieces: list[Piece]
    hinges: list[Hinge]


def hinges_of(solid: Solid) -> list[Hinge]:
    """The edges of a surface that join exactly two faces."""
    edges = solid.faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2)
    _, which, uses = np.unique(np.sort(edges, 1), axis=0, return_inverse=True, return_counts=True)
    order = np.argsort(which.reshape(-1), kind="stable")
    starts = uses.cumsum() - uses
    normals = _normals(solid)
    found = []
    for start in starts[uses == 2]:
        one, other = (int(i) for i in order[start : start + 2])
        # Neighbours that disagree about which side is out cannot be laid out side by side.
        if edges[one, 0] == edges[other, 1]:
            found.append(_hinge(solid, normals, one, other))
    return found


def _normals(solid: Solid) -> Float[np.ndarray, "f 3"]:
    corners = solid.vertices_mm[solid.faces].astype(float)
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    unit: np.ndarray = normal / np.linalg.norm(normal, axis=-1, keepdims=True).clip(1e-12)
    return unit


def _hinge(solid: Solid, normals: np.ndarray, one: int, other: int) -> Hinge:
    a, b = one // 3, other // 3
    cosine = float(np.clip(normals[a] @ normals[b], -1, 1))
    opposite = solid.vertices_mm[solid.faces[b, (other % 3 + 2) % 3]].astype(float)
    side = float((opposite - solid.vertices_mm[solid.faces[a, one % 3]]) @ normals[a])
    bend = float(np.degrees(np.arccos(cosine)))
    return Hinge((a, b), (one % 3, other % 3), bend if side <= 0 else -bend)


def unfolded(solid: Solid, room_mm: tuple[float, float]) -> Net:
    """The net of a solid in pieces of at most `room_mm` (width, height, either way round).

    A single face larger than the room is a piece of its own. Raises InputError for more faces than anybody
    would glue, and for faces without area.
    """
    count = len(solid.faces)
    if count > MOST_FACES:
        raise InputError(
            f"paper net: expected at most {MOST_FACES} faces; got {count}: simplify the mesh, or print decals"
        )
    corners = solid.vertices_mm[solid.faces].astype(float)
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=-1)
    if (area <= 1e-9).any():
        raise InputError(
            f"paper net: expected faces with area; face {int(area.argmin())} has none: delete it"
        )
    hinges = hinges_of(solid)
    around: list[list[int]] = [[] for _ in range(count)]
    for index, hinge in enumerate(hinges):
        for face in hinge.faces:
            around[face].append(index)
    left = np.ones(count, dtype=bool)
    pieces = []
    for start in np.argsort(-area, kind="stable"):
        if left[start]:
            pieces.append(_grown(int(start), corners, (hinges, around), left, room_mm))
    return Net(pieces, hinges)


def _grown(
    start: int,
    corners: Float[np.ndarray, "f 3 3"],
    graph: tuple[list[Hinge], list[list[int]]],
    left: np.ndarray,
    room_mm: tuple[float, float],
) -> Piece:
    """The piece that grows from a face; its faces are taken off `left`."""
    hinges, around = graph
    piece = Piece([start], [_alone(corners[start])])
    left[start] = False
    where = {start: 0}
    waiting = [(abs(hinges[i].bend_deg), i) for i in around[start]]
    heapq.heapify(waiting)
    while waiting:
        _, index = heapq.heappop(waiting)
        hinge = hinges[index]
        known = 0 if hinge.faces[0] in where else 1
        face = hinge.faces[1 - known]
        if not left[face]:
            continue
        beside = piece.corners[where[hinge.faces[known]]]
        new = _hung(corners[face], hinge.places[1 - known], beside, hinge.places[known])
        if not _fits(new, piece, room_mm):
            continue
        where[face] = len(piece.faces)
        left[face] = False
        piece.faces.append(face)
        piece.corners.append(new)
        for other in around[face]:
            heapq.heappush(waiting, (abs(hinges[other].bend_deg), other))
    every = sorted({index for face in where for index in around[face]})
    piece.hinges = [index for index in every if _meets(hinges[index], piece, where)]
    return piece


def _meets(hinge: Hinge, piece: Piece, where: dict[int, int]) -> bool:
    """Whether both faces of a hinge are in the piece, with its edge at one place on paper."""
    if not all(face in where for face in hinge.faces):
        return False
    (start, end), (from_, to) = (
        piece.corners[where[face]][[place, (place + 1) % 3]]
        for face, place in zip(hinge.faces, hinge.places, strict=True)
    )
    return float(np.abs([start - to, end - from_]).max()) < MEET_MM


def _alone(corners: Float[np.ndarray, "3 3"]) -> Float[np.ndarray, "3 2"]:
    """A face laid flat, its first edge along x, counter-clockwise."""
    along, other = corners[1] - corners[0], corners[2] - corners[0]
    length = np.linalg.norm(along)
    x = other @ along / length
    return np.array([[0, 0], [length, 0], [x, np.linalg.norm(other - x * along / length)]])


def _hung(
    corners: Float[np.ndarray, "3 3"], place: int, beside: Float[np.ndarray, "3 2"], at: int
) -> Float[np.ndarray, "3 2"]:
    """A face laid flat beside another one, edge on edge: neighbours run along it in opposite directions."""
    flat = _alone(np.roll(corners, -place, 0))
    start, end = beside[(at + 1) % 3], beside[at]
    along = (end - start) / np.linalg.norm(end - start)
    turned = flat @ np.array([along, [-along[1], along[0]]]) + start
    # The shared edge itself is exactly the neighbour's.
    turned[0], turned[1] = start, end
    laid: np.ndarray = np.roll(turned, place, 0)
    return laid


def _fits(new: Float[np.ndarray, "3 2"], piece: Piece, room_mm: tuple[float, float]) -> bool:
    """Whether a face may join: the piece stays within the room, and nothing overlaps."""
    every = np.stack([*piece.corners, new])
    extent = np.sort(np.ptp(every.reshape(-1, 2), axis=0))
    if (extent > np.sort(room_mm)).any():
        return False
    return not overlaps(new, every[:-1]).any()


def overlaps(one: Float[np.ndarray, "3 2"], others: Float[np.ndarray, "n 3 2"]) -> np.ndarray:
    """Which triangles share area with one of them: no line along an edge parts them (separating axes)."""
    apart = np.zeros(len(others), dtype=bool)
    for edge in np.roll(one, -1, 0) - one:
        normal = np.array([edge[1], -edge[0]]) / max(np.linalg.norm(edge), 1e-12)
        ours, theirs = one @ normal, others @ normal
        apart |= (theirs.min(1) > ours.max() - TOUCH_MM) | (theirs.max(1) < ours.min() + TOUCH_MM)
    for edge in (np.roll(others, -1, 1) - others).transpose(1, 0, 2):
        normals = np.stack([edge[:, 1], -edge[:, 0]], -1)
        normals /= np.linalg.norm(normals, axis=-1, keepdims=True).clip(1e-12)
        ours, theirs = normals @ one.T, (others * normals[:, None]).sum(-1)
        apart |= (theirs.min(1) > ours.max(1) - TOUCH_MM) | (theirs.max(1) < ours.min(1) + TOUCH_MM)
    return ~apart
