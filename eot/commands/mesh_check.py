"""`eot mesh-check`: what a mesh is, and what is wrong with it for painting, rendering and printing."""

from dataclasses import dataclass
from pathlib import Path

from eot.commands.listing import Listing
from renders.meshes.check import Severity, faults
from renders.meshes.load import load_mesh
from textures.meshes.export import export_mesh
from textures.meshes.solid import solid_of
from textures.write import write_files


@dataclass(frozen=True)
class Request:
    """What the user asked for; see `renders.meshes.load.load_mesh`."""

    path: Path
    size_mm: float | None = None
    unit: str | None = None
    up: str = "y"
    unwrap: Path | None = None


def mesh_check(request: Request) -> Listing:
    """The size, notes and faults of the mesh in a file; InputError where it cannot be used at all.

    With `unwrap` it gets new UVs, and is written as OBJ in mm under that name.
    """
    new = request.unwrap is not None
    loaded = load_mesh(request.path, size_mm=request.size_mm, unit=request.unit, up=request.up, unwrap=new)
    mesh, written = loaded.mesh, tuple[Path, ...]()
    if request.unwrap is not None:
        solid = solid_of(mesh, mesh.texture[0], request.unwrap.stem)
        written = tuple(write_files(request.unwrap.parent, export_mesh(solid, ("obj",))))
    size = " x ".join(f"{1000 * side:.4g}" for side in mesh.size_m)
    rows, columns = mesh.texture.shape[-2:]
    texture = f"texture {columns} x {rows}, {int(mesh.part.max()) + 1} materials"
    about = [
        f"{len(mesh.vertices)} corners, {len(mesh.faces)} faces, {size} mm, {request.up} up, {texture}",
        *loaded.notes,
        *(f"unwrapped: {path}" for path in written),
    ]
    found = [(fault.severity.value, fault.text) for fault in faults(mesh)]
    notes = [(Severity.NOTE.value, text) for text in about]
    return Listing(str(request.path), ("severity", "finding"), (*notes, *found))
