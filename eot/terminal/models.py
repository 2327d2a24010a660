"""The commands about models, sign faces and the installation."""

from pathlib import Path
from typing import Annotated

import typer

from eot.terminal.options import Device, DeviceName, Json, Threads
from eot.terminal.screen import prepare, show, show_paths, watch


def victims(
    spec: Annotated[list[str] | None, typer.Argument(help="Load and describe these.")] = None,
    json_: Json = False,
) -> None:
    """List the models that can be attacked, or load some and say what they are."""
    from eot.commands import victims

    show(victims.victims(tuple(spec or ())), json_)


def signs(
    render: Annotated[Path | None, typer.Option(metavar="OUT_DIR", help="Draw the faces as PNG.")] = None,
    dpi: Annotated[float, typer.Option(min=1, max=1200, help="Resolution of the drawings.")] = 25,
    json_: Json = False,
) -> None:
    """List the sign faces with their true sizes, or draw them."""
    from eot.commands import signs

    if render is None:
        show(signs.signs(), json_)
        return
    show_paths(watch(signs.render(render, dpi)))


def train_signs(
    variant: Annotated[str, typer.Option(help="Which net.")] = "sign-net",
    seed: Annotated[
        int | None, typer.Option(min=0, help="Seed of weights and views.  [default: the variant's own]")
    ] = None,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the views.")] = 3,
    out: Annotated[Path | None, typer.Option(help="Folder of the weights.  [default: runs/victims]")] = None,
    device: Device = DeviceName.AUTO,
    threads: Threads = 0,
    json_: Json = False,
) -> None:
    """Train a sign classifier on renders of this product (many minutes)."""
    from eot.commands import train_signs

    plan = train_signs.Plan(epochs=epochs)
    request = train_signs.Request(variant, seed, out, plan)
    show(watch(train_signs.train_signs(request, prepare(device, threads))), json_)


def doctor(json_: Json = False) -> None:
    """Check the installation: versions, cores, weights, optional extras, and a one-second self-test."""
    from eot.commands import doctor

    result = doctor.doctor()
    show(result, json_)
    if not result.healthy:
        raise typer.Exit(3)
