"""Triangles cut until no edge is longer than wanted, without a crack between neighbours."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int64

# Which corners (0-2) and edge middles (3-5, opposite to corner 0-2) the pieces of a face have, for each set
# of edges that are cut. Edge i lies between corners i+1 and i+2.
PIECES = {
    (False, False, False): ((0, 1, 2),),
    (True, False, False): ((0, 1, 3), (0, 3, 2)),
    (False, True, False): ((1, 2, 4), (1, 4, 0)),
    (False, False, True): ((2, 0, 5), (2, 5, 1)),
    (False, True, True): ((0, 5, 4), (5, 1, 2), (5, 2, 4)),
    (True, False, True): ((1, 3, 5), (3, 2, 0), (3, 0, 5)),
    (True, True, False): ((2, 4, 3), (4, 0, 1), (4, 1, 3)),
    (True, True, True): ((0, 5, 4), (5, 1, 3), (4, 3, 2), (3, 4, 5)),
}


@dataclass(frozen=True, eq=False)
class Triangles:
    """Vertices, faces, and the UV of every corner."""

    vertices: Float[np.ndarray, "v 3"]
    faces: Int64[np.ndarray, "f 3"]
    corner_uvs: Float[np.ndarray, "f 3 2"]


def refined(triangles: Triangles, longest: float, most_faces: int) -> Triangles:
    """The same surface and the same UVs, edges at most `longest` as far as `most_faces` allow it.

    Every edge that is too long is cut in the middle in both of its faces, so what was closed stays closed.
    Where that would make too many faces only the longest edges are cut, as many as fit, and that is all.
    """
    full = False
    while not full:
        edges = triangles.faces[:, [[1, 2], [2, 0], [0, 1]]]
        lengths = np.linalg.norm(np.diff(triangles.vertices[edges], axis=2)[:, :, 0], axis=-1)
        # A cut makes one more face of each face that it goes through.
        room = max(0, most_faces - len(lengths))
        full = (lengths > longest).sum() > room
        cut = lengths > (np.sort(lengths, axis=None)[-1 - room] if full else longest)
        if not cut.any():
            return triangles
        triangles = _cut(triangles, edges, cut)
    return triangles


def _cut(triangles: Triangles, edges: Int64[np.ndarray, "f 3 2"], cut: np.ndarray) -> Triangles:
    pairs, which = np.unique(np.sort(edges[cut], -1), axis=0, return_inverse=True)
    middles = triangles.vertices[pairs].mean(1)
    new = np.full(cut.shape, -1, dtype=np.int64)
    new[cut] = len(triangles.vertices) + which.reshape(-1)
    corners = np.concatenate([triangles.faces, new], 1)
    uv = triangles.corner_uvs
    uvs = np.concatenate([uv, (uv[:, [1, 2, 0]] + uv[:, [2, 0, 1]]) / 2], 1)
    faces, corner_uvs = [], []
    for pattern, pieces in PIECES.items():
        rows = (cut == np.array(pattern)).all(1)
        for piece in pieces:
            faces.append(corners[rows][:, piece])
            corner_uvs.append(uvs[rows][:, piece])
    vertices = np.concatenate([triangles.vertices, middles]).astype(triangles.vertices.dtype)
    return Triangles(vertices, np.concatenate(faces), np.concatenate(corner_uvs))
