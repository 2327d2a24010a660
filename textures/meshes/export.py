"""The file formats an object can be made from: one function each, from a solid to `{filename: bytes}`."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from renders.errors import InputError, nearest
from textures.meshes.glb import glb_files
from textures.meshes.obj import obj_files
from textures.meshes.ply import ply_files
from textures.meshes.solid import Solid
from textures.meshes.threemf import threemf_files
from textures.meshes.vrml import vrml_files

MESH_FORMATS: Mapping[str, Callable[[Solid], Mapping[str, bytes]]] = MappingProxyType(
    {"obj": obj_files, "glb": glb_files, "3mf": threemf_files, "vrml": vrml_files, "ply": ply_files}
)


def export_mesh(solid: Solid, formats: Sequence[str] = tuple(MESH_FORMATS)) -> dict[str, bytes]:
    """The files of a solid in these formats, the same bytes each time; files that formats share come once.

    Raises InputError for a format that is not known.
    """
    files: dict[str, bytes] = {}
    for name in formats:
        if name not in MESH_FORMATS:
            raise InputError(f"mesh format {name!r} is not known: {nearest(name, MESH_FORMATS)}")
        files.update(MESH_FORMATS[name](solid))
    return files
