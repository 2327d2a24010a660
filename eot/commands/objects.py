"""`eot objects`: the objects that come with the product, as a list or as pictures."""

from collections.abc import Generator
from pathlib import Path

import torch

from eot.commands.listing import Listing, Value
from eot.commands.tick import Tick
from eot.report.gallery import encoded
from renders.backgrounds import Backgrounds
from renders.camera import Camera
from renders.conditions import Conditions, join
from renders.meshes.islands import coverage
from renders.meshes.mesh import Mesh
from renders.scene import Scene
from renders.surfaces.shell import Shell
from textures.objects import OBJECTS, object_named
from textures.write import write_files

SIDE_PX = 256
AZIMUTHS_DEG = (-120.0, -30.0, 30.0, 120.0)


def objects() -> Listing:
    """Names and true sizes."""
    rows = tuple(_row(object_named(name)) for name in OBJECTS)
    return Listing("Objects", ("object", "width_mm", "height_mm", "depth_mm", "faces"), rows)


def _row(mesh: Mesh) -> tuple[Value, ...]:
    return (mesh.name, *(round(1000 * side) for side in mesh.size_m), len(mesh.faces))


def render(folder: Path) -> Generator[Tick, None, list[Path]]:
    """Draws every object from four sides; returns the paths."""
    files = {}
    for done, name in enumerate(OBJECTS, 1):
        files[f"{name}.png"] = _picture(name)
        yield Tick("draw", done, len(OBJECTS))
    return write_files(folder, files)


def _picture(name: str) -> bytes:
    mesh = object_named(name)
    far = 4 * max(mesh.size_m)
    views = [
        Conditions(
            {"distance_m": (far, far), "azimuth_deg": (a, a), "elevation_deg": (20, 20), "sun": (0.6, 0.6)}
        )
        for a in AZIMUTHS_DEG
    ]
    condition = join([view.sample(torch.Generator(), 1) for view in views])
    rows, columns = mesh.texture.shape[-2:]
    surface = Shell(mesh, coverage(mesh.uvs, (rows, columns)))
    paper = Backgrounds(torch.full((1, 3, 1, 1), 0.9))
    scene = Scene(surface, Camera(3000, 4000, 3000), paper, (SIDE_PX, SIDE_PX), supersample=4)
    photos = scene(mesh.texture, condition)[0]
    return encoded(torch.cat(list(photos), -1), "PNG")
