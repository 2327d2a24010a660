"""Reads mesh files: what trimesh makes of OBJ, GLB, glTF and PLY, as plain pieces of one material each."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import trimesh
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from renders.colour import linear_to_srgb, srgb_to_linear
from renders.errors import InputError

MESH_SUFFIXES = (".obj", ".glb", ".gltf", ".ply")
GREY = (0.5, 0.5, 0.5)
# Of a material whose texture is missing: enough texels to paint on.
FLAT_PX = 256
STAND_IN_PX = 2


@dataclass(frozen=True, eq=False)
class Piece:
    """Triangles of one material as the file has them: any unit, any axes.

    `uvs [f 3 2]` (0, 0) is the bottom-left of the texture; None where the file has none. `texture` is the
    base colour, sRGB in [0, 1]; `flat` says that it is one colour for want of a picture.
    """

    name: str
    vertices: Float[np.ndarray, "v 3"]
    faces: np.ndarray
    uvs: Float[np.ndarray, "f 3 2"] | None
    texture: Float[Tensor, "3 h w"]
    flat: bool


def read_pieces(path: Path | str) -> tuple[Piece, ...]:
    """The pieces of a mesh file, each in the place that the file's scene gives it.

    Raises:
        InputError: no such file, another format, a file that cannot be read or holds no triangles, corners
            that do not exist or are no numbers.
    """
    path = Path(path)
    if not path.is_file():
        what = "a folder" if path.is_dir() else "nothing"
        raise InputError(f"{path}: expected a mesh file; found {what}: check the path")
    if path.suffix.lower() not in MESH_SUFFIXES:
        known = ", ".join(MESH_SUFFIXES)
        raise InputError(f"{path}: expected one of {known}; got {path.suffix or 'no suffix'}: convert it")
    scene = _scene(path)
    pieces = tuple(_piece(name, geometry, path) for name, geometry in _placed(scene))
    if not any(len(piece.faces) for piece in pieces):
        raise InputError(f"{path}: expected triangles; found none: export the surface, not points or curves")
    return tuple(piece for piece in pieces if len(piece.faces))


def _scene(path: Path) -> Any:
    logging.getLogger("trimesh").setLevel(logging.CRITICAL)
    if path.stat().st_size == 0:
        raise InputError(f"{path}: expected a mesh; the file is empty: copy it again")
    try:
        # Nothing may be merged: trimesh would join corners that share a place and tear up the seams.
        return trimesh.load_scene(path, process=False)
    except Exception as error:  # the readers of trimesh raise whatever they stumble over
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        raise InputError(f"{path}: cannot be read as a mesh ({reason}): export it again") from None


def _placed(scene: Any) -> list[tuple[str, Any]]:
    """The meshes of the scene with the transforms of its nodes applied, in the order of the nodes."""
    placed = []
    for node in scene.graph.nodes_geometry:
        transform, name = scene.graph[node]
        geometry = scene.geometry[name]
        if isinstance(geometry, trimesh.Trimesh):
            placed.append((str(name), geometry.copy().apply_transform(transform)))
    return placed


def _piece(name: str, mesh: Any, path: Path) -> Piece:
    vertices, faces = np.asarray(mesh.vertices, np.float64), np.asarray(mesh.faces, np.int64)
    if len(faces) and (faces.min() < 0 or faces.max() >= len(vertices)):
        raise InputError(
            f"{path}: {name}: expected corners 0 to {len(vertices) - 1}; a face names corner {faces.max()}: "
            "the file is damaged"
        )
    if not np.isfinite(vertices[faces]).all():
        raise InputError(
            f"{path}: {name}: expected finite coordinates; found nan or infinity: export it again"
        )
    uv = getattr(mesh.visual, "uv", None)
    texture, flat = _colours(mesh.visual, path)
    corners = None
    if uv is not None and len(uv) == len(vertices) and len(faces):
        corners = np.asarray(uv, np.float64)[faces]
        if not np.isfinite(corners).all():
            raise InputError(f"{path}: {name}: expected finite UVs; found nan or infinity: unwrap it again")
    return Piece(name, vertices, faces, corners, texture, flat)


def _colours(visual: Any, path: Path) -> tuple[Float[Tensor, "3 h w"], bool]:
    """The picture of the base colour, or a flat one where there is none; and whether it is flat.

    A glTF factor is linear light that multiplies the picture, or is the colour (glTF 2.0, 3.9.2); the Kd of
    an OBJ is taken for sRGB, and its picture as it is.
    """
    material = getattr(visual, "material", None)
    factor = _unit(getattr(material, "baseColorFactor", None))
    image = getattr(material, "baseColorTexture", None) or getattr(material, "image", None)
    if image is not None:
        try:
            pixels = _pixels(image.convert("RGB"))
        except Exception as error:
            raise InputError(f"{path}: its texture cannot be read ({error}): save it as PNG") from None
        if factor is not None and bool((factor != 1).any()):
            pixels = linear_to_srgb(srgb_to_linear(pixels) * factor)
        if max(image.size) > STAND_IN_PX:
            return pixels, False
        # What trimesh puts in place of a picture that is not there.
        return mean_colour(pixels).repeat(1, FLAT_PX, FLAT_PX), True
    colour = _unit(getattr(material, "diffuse", None)) if factor is None else linear_to_srgb(factor)
    if colour is None:
        colour = torch.tensor(GREY)[:, None, None]
    return colour.repeat(1, FLAT_PX, FLAT_PX), True


def _unit(colour: Any) -> Float[Tensor, "3 1 1"] | None:
    """The first three numbers of a colour in [0, 1]; trimesh gives most in 8 bits, linear light too."""
    if colour is None:
        return None
    numbers = np.asarray(colour)
    levels = 255 if np.issubdtype(numbers.dtype, np.integer) else 1
    return torch.tensor(numbers[:3].astype(np.float64) / levels, dtype=torch.float32)[:, None, None]


def mean_colour(srgb: Float[Tensor, "3 h w"]) -> Float[Tensor, "3 1 1"]:
    """The colour of a picture's mean light, sRGB."""
    return linear_to_srgb(srgb_to_linear(srgb).mean((1, 2), keepdim=True))


def _pixels(image: Image.Image) -> Float[Tensor, "3 h w"]:
    return torch.from_numpy(np.array(image)).permute(2, 0, 1).float() / 255
