"""The commands about objects and meshes."""

from pathlib import Path
from typing import Annotated

import typer

from eot.terminal.options import Device, DeviceName, Json, Threads
from eot.terminal.screen import prepare, show, show_paths, watch


def objects(
    render: Annotated[Path | None, typer.Option(metavar="OUT_DIR", help="Draw them as PNG.")] = None,
    json_: Json = False,
) -> None:
    """List the objects that come with the product and their true sizes, or draw them."""
    from eot.commands import objects

    if render is None:
        show(objects.objects(), json_)
        return
    show_paths(watch(objects.render(render)))


def train_objects(
    seed: Annotated[int, typer.Option(min=0, help="Seed of weights and views.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Folder of the weights.  [default: runs/victims]")] = None,
    device: Device = DeviceName.AUTO,
    threads: Threads = 0,
    json_: Json = False,
) -> None:
    """Train the object classifier on renders of this product (minutes)."""
    from eot.commands import train_objects

    request = train_objects.Request(seed, out)
    show(watch(train_objects.train_objects(request, prepare(device, threads))), json_)


def mesh_check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="OBJ, GLB, glTF or PLY.")],
    size_mm: Annotated[float | None, typer.Option(min=0, help="Longest side.")] = None,
    unit: Annotated[str | None, typer.Option(help="What its numbers mean: m, cm, mm, in, ft.")] = None,
    up: Annotated[str, typer.Option(help="Its axis that points up: x, y, z, -x, -y, -z.")] = "y",
    unwrap: Annotated[
        Path | None, typer.Option(metavar="OUT.obj", help="Give it new UVs and write it, in mm.")
    ] = None,
    json_: Json = False,
) -> None:
    """Say what a mesh is and what is wrong with it: UVs, texture, holes, size."""
    from eot.commands import mesh_check

    show(mesh_check.mesh_check(mesh_check.Request(file, size_mm, unit, up, unwrap)), json_)
