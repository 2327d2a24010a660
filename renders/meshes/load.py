"""From a mesh file to a Mesh: in metres, upright, its materials on one texture."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from renders.errors import InputError, nearest
from renders.meshes.atlas import packed
from renders.meshes.mesh import Mesh
from renders.meshes.read import Piece, read_pieces
from renders.meshes.unwrap import unwrapped

UNITS_M = {"m": 1.0, "cm": 0.01, "mm": 0.001, "in": 0.0254, "ft": 0.3048}
# For each direction of the file that points up, the file's axes that become x (right), y (up), z (front).
UP = {
    "y": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "z": ((1, 0, 0), (0, 0, 1), (0, -1, 0)),
    "x": ((0, -1, 0), (1, 0, 0), (0, 0, 1)),
    "-y": ((1, 0, 0), (0, -1, 0), (0, 0, -1)),
    "-z": ((1, 0, 0), (0, 0, -1), (0, 1, 0)),
    "-x": ((0, 1, 0), (-1, 0, 0), (0, 0, 1)),
}
# A mesh of no size in any direction is a point.
SMALLEST = 1e-9


@dataclass(frozen=True, eq=False)
class Loaded:
    """A mesh, and what had to be decided or mended to make it from its file."""

    mesh: Mesh
    notes: tuple[str, ...] = ()


def load_mesh(
    path: Path | str,
    *,
    size_mm: float | None = None,
    unit: str | None = None,
    up: str = "y",
    unwrap: bool = False,
) -> Loaded:
    """The mesh in an OBJ, GLB, glTF or PLY file with UVs.

    Args:
        size_mm: length of the longest side of its box; without it `unit` is what the file's numbers mean.
        unit: one of `UNITS_M`; m where neither is given.
        up: the axis of the file that points up, one of `UP`.
        unwrap: give it new UVs, also where it has some.

    Raises:
        InputError: the file cannot be used; says why and what to do.
    """
    if up not in UP:
        raise InputError(f"article.up: {up!r} is no axis: {nearest(up, UP)}")
    if unit is not None and unit not in UNITS_M:
        raise InputError(f"article.unit: {unit!r} is no unit: {nearest(unit, UNITS_M)}")
    if size_mm is not None and unit is not None:
        raise InputError("article.size_mm: expected a size or a unit; got both: keep one")
    pieces = read_pieces(path)
    bare = [piece for piece in pieces if piece.uvs is None]
    if bare and not unwrap:
        raise InputError(
            f"{path}: {bare[0].name}: expected UVs; found none: eot mesh-check {path} --unwrap OUT.obj"
        )
    corners, triangles = joined(pieces)
    scale = _scale(corners, size_mm, unit, path)
    upright = corners @ np.array(UP[up], np.float64).T * scale
    vertices, faces = centred(torch.from_numpy(upright)).float(), torch.from_numpy(triangles)
    part = torch.from_numpy(np.repeat(np.arange(len(pieces)), [len(piece.faces) for piece in pieces]))
    if unwrap:
        uvs, texture = unwrapped(vertices, faces, pieces)
        notes: tuple[str, ...] = (f"{len(pieces)} materials share one texture",) * (len(pieces) > 1)
    else:
        packing, texture, notes = packed(pieces)
        uvs = torch.from_numpy(packing).float()
    mesh = Mesh(Path(path).stem, vertices, faces, uvs, texture, part)
    missing = [f"{piece.name}: no picture of its own, one flat colour" for piece in pieces if piece.flat]
    lost = [
        f"{piece.name}: no UVs for its picture, only the mean colour of it"
        for piece in bare
        if not piece.flat
    ]
    return Loaded(mesh, (*notes, *missing, *lost))


def joined(pieces: tuple[Piece, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Vertices and faces of all pieces; corners at exactly one place are one vertex, unused ones are gone.

    Files repeat a vertex for each UV it has; only where these are one again is the surface closed.
    """
    corners = np.concatenate([piece.vertices[piece.faces].reshape(-1, 3) for piece in pieces])
    vertices, faces = np.unique(corners, axis=0, return_inverse=True)
    return vertices, faces.reshape(-1, 3)


def centred(vertices: Float[Tensor, "v 3"]) -> Float[Tensor, "v 3"]:
    """The vertices around the middle of their box."""
    return vertices - (vertices.amin(0) + vertices.amax(0)) / 2


def _scale(vertices: np.ndarray, size_mm: float | None, unit: str | None, path: Path | str) -> float:
    """Metres for each unit of the file."""
    longest = float((vertices.max(0) - vertices.min(0)).max())
    if longest < SMALLEST:
        raise InputError(f"{path}: expected a surface; all its corners are in one place: export it again")
    if size_mm is None:
        return UNITS_M[unit or "m"]
    if not size_mm > 0:
        raise InputError(f"article.size_mm: expected a length above 0; got {size_mm:g}")
    return size_mm / 1000 / longest
