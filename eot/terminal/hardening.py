"""The commands that train harder victims and repeat the studies of the field."""

from pathlib import Path
from typing import Annotated

import typer

from eot.terminal.options import Device, DeviceName, Force, Json, Resume, Threads
from eot.terminal.screen import prepare, show, show_paths, watch


def harden(
    arch: Annotated[str, typer.Argument(metavar="ARCH", help="The network, such as digit-conv.")],
    data: Annotated[str, typer.Option(help="What to train on: FORMAT:PATH?split=train.")] = "",
    method: Annotated[str, typer.Option(help="natural, madry, fast, mixed, distil or stickers.")] = "madry",
    start: Annotated[
        Path | None,
        typer.Option(help="Weights to begin with.  [default: random; stickers: bundled]"),
    ] = None,
    eps: Annotated[float, typer.Option(help="Radius of the ball.")] = 0.3,
    norm: Annotated[str, typer.Option(help="Of the ball: linf, l2 or l1.")] = "linf",
    steps: Annotated[int, typer.Option(help="Inner steps of madry.")] = 7,
    rate: Annotated[float, typer.Option(help="Length of an inner step; 0 = 2.5 eps / steps.")] = 0.0,
    ramp: Annotated[float, typer.Option(help="Share of the course over which eps grows.")] = 0.4,
    share: Annotated[float, typer.Option(help="Of the clean loss in mixed.")] = 0.5,
    temperature: Annotated[float, typer.Option(help="Of distil.")] = 20.0,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the data.")] = 36,
    batch: Annotated[int, typer.Option(min=1, help="Images of a step.")] = 100,
    learning_rate: Annotated[float, typer.Option(help="Peak of one cycle.")] = 2e-3,
    decay: Annotated[float, typer.Option(help="Weight decay.")] = 1e-4,
    shift_px: Annotated[int, typer.Option(min=0, help="Images are moved by up to so much.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Of weights, order and starts.")] = 0,
    name: Annotated[str, typer.Option(help="Of the file.  [default: ARCH-METHOD]")] = "",
    out: Annotated[Path | None, typer.Option(help="Its folder.  [default: runs/victims]")] = None,
    resume: Resume = False,
    force: Force = False,
    device: Device = DeviceName.AUTO,
    threads: Threads = 0,
    json_: Json = False,
) -> None:
    """Train a network that is harder to fool: adversarial training, also in views, or distillation."""
    from eot.commands import harden
    from eot.harden.methods import Settings
    from eot.harden.train import Course

    settings = Settings(eps, rate, steps, share, ramp, norm, temperature)
    course = Course(epochs, batch, learning_rate, decay)
    request = harden.Request(
        arch,
        data,
        method,
        name,
        settings,
        course,
        shift_px,
        seed,
        out,
        resume,
        force,
        start,
    )
    show(watch(harden.harden(request, prepare(device, threads))), json_)


def study(
    name: Annotated[
        str,
        typer.Argument(help="linearity, lbfgs-transfer, directions, distillation or madry."),
    ],
    data: Annotated[Path, typer.Option(help="Folder (or .npz file) with a train and a test split.")],
    format_: Annotated[str, typer.Option("--format", help="Of the data.")] = "mnist",
    quick: Annotated[bool, typer.Option("--quick", help="A look within minutes: few images.")] = False,
    images: Annotated[int, typer.Option(min=0, help="Of madry's later rows; 0 = all.")] = 0,
    seed: Annotated[int, typer.Option(min=0, help="Of samples, starts and targets.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option(help="Where the page goes.  [default: runs/studies/NAME]"),
    ] = None,
    models: Annotated[Path, typer.Option(help="Where its networks are kept.")] = Path("runs/victims"),
    device: Device = DeviceName.AUTO,
    threads: Threads = 0,
) -> None:
    """Repeat a founding study of the field: tables, figures, the commands and seeds behind them."""
    from eot.commands import study
    from eot.studies.study import Setup

    setup = Setup(data, models, prepare(device, threads), format_, quick, seed, images)
    request = study.Request(name, setup, out or Path("runs") / "studies" / name)
    show_paths(watch(study.study(request)))
