"""The commands that make, measure and print a run."""

from pathlib import Path
from typing import Annotated

import typer

from eot.terminal.options import (
    Device,
    DeviceName,
    Force,
    Json,
    Models,
    Overrides,
    Rasteriser,
    Resume,
    Run,
    Source,
    Threads,
)
from eot.terminal.screen import caution, fail, prepare, show, show_paths, watch

DEMOS = Path(__file__).parents[1] / "demos"


def demo(
    out: Annotated[Path, typer.Option(help="The run directory to make.")] = Path("runs/demo"),
    force: Force = False,
    resume: Resume = False,
    device: Device = DeviceName.AUTO,
    threads: Threads = 0,
    json_: Json = False,
) -> None:
    """Attack a stop sign with a sticker, report on it, and export the sheet to print (minutes)."""
    from eot.commands import attack

    request = attack.Request(DEMOS / "stop_sticker.toml", (), out, resume, force)
    show(watch(attack.attack(request, prepare(device, threads))), json_)


def demo3d(
    out: Annotated[Path, typer.Option(help="The run directory to make.")] = Path("runs/demo3d"),
    force: Force = False,
    resume: Resume = False,
    device: Device = DeviceName.AUTO,
    threads: Threads = 0,
    json_: Json = False,
) -> None:
    """Attack an object from all sides with its texture, report on it, and export it to print (minutes)."""
    from eot.commands import attack

    request = attack.Request(DEMOS / "object_texture.toml", (), out, resume, force)
    show(watch(attack.attack(request, prepare(device, threads))), json_)


def attack(
    source: Source,
    set_: Overrides = None,
    rasteriser: Rasteriser = "",
    out: Annotated[Path | None, typer.Option(help="The run directory.  [default: runs/NAME]")] = None,
    resume: Resume = False,
    force: Force = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the complete configuration, stop.")
    ] = False,
    device: Device = DeviceName.AUTO,
    threads: Threads = 0,
    json_: Json = False,
) -> None:
    """Optimise an article, measure how often it works, and write both to a run directory."""
    from eot.commands import attack

    chosen = (f"camera.rasteriser={rasteriser}",) if rasteriser else ()
    request = attack.Request(source, (*(set_ or ()), *chosen), out, resume, force)
    for setting in attack.silent(request):
        caution(f"{setting}: set, but decides nothing in this run")
    if dry_run:
        typer.echo(attack.resolved(request), nl=False)
        return
    show(watch(attack.attack(request, prepare(device, threads))), json_)


def evaluate(
    run: Run,
    victim: Models = None,
    views: Annotated[int | None, typer.Option(min=1, help="Views per arm.")] = None,
    defence: Annotated[
        str | None, typer.Option(help="jpeg, bits, blur, median or lgs, as in jpeg:50.")
    ] = None,
    require_below: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Gate: fail unless success is below this, interval included."),
    ] = None,
    device: Device = DeviceName.AUTO,
    threads: Threads = 0,
    json_: Json = False,
) -> None:
    """Measure a finished article again: on other models (transfer), with more views, or as a gate."""
    from eot.commands import evaluate

    request = evaluate.Request(run, tuple(victim or ()), views, defence)
    result = watch(evaluate.evaluate(request, prepare(device, threads)))
    show(result, json_)
    if require_below is not None and result.high >= require_below:
        fail(f"gate failed: success may be as high as {result.high:.3f}, not below {require_below:g}", 1)


def transfer(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN_DIR...", help="Finished runs.")],
    victim: Models = None,
    views: Annotated[int, typer.Option(min=1, help="Views per article.")] = 500,
    device: Device = DeviceName.AUTO,
    threads: Threads = 0,
    json_: Json = False,
) -> None:
    """Show what was made against each model to all of them, on the same fresh views: a table of transfer."""
    from eot.commands import transfer

    request = transfer.Request(tuple(runs), tuple(victim or ()), views)
    show(watch(transfer.transfer(request, prepare(device, threads))), json_)


def report(run: Run) -> None:
    """Write the report anew from what the run directory holds, and print its paths."""
    from eot.commands import report

    show_paths(watch(report.report(run, prepare(DeviceName.CPU, 0))))


def film(
    run: Run,
    drives: Annotated[
        int, typer.Option(min=1, max=100, help="Drives past the article, each in another scene.")
    ] = 3,
    seconds: Annotated[float, typer.Option(min=0.1, max=600, help="How long a drive takes.")] = 4.0,
    fps: Annotated[int, typer.Option(min=1, max=120, help="Frames per second.")] = 10,
    device: Device = DeviceName.AUTO,
    threads: Threads = 0,
    json_: Json = False,
) -> None:
    """Film a finished article from a camera that comes nearer, with what the model reads in each frame."""
    from eot.commands import film

    show(watch(film.film(film.Request(run, drives, seconds, fps), prepare(device, threads))), json_)


def print_(
    run: Run,
    page: Annotated[
        str, typer.Option(help="Paper: A4, A3, Letter, Tabloid, WIDTHxHEIGHT in mm, or auto.")
    ] = "auto",
    dpi: Annotated[float, typer.Option(min=72, max=1200, help="Least resolution of the pictures.")] = 300,
    markers: Annotated[bool, typer.Option(help="Markers, colour strip and code for photographs.")] = True,
    controls: Annotated[bool, typer.Option(help="Sheets of clean, blank, noise and shuffled.")] = True,
    spot: Annotated[str, typer.Option(metavar="NAME", help="Spot colour of the cut line.")] = "CutContour",
    json_: Json = False,
) -> None:
    """Write what to print and cut at true size: sheets, controls, chart, outlines; read and measure it."""
    from eot.commands import print as printing

    request = printing.Request(run, page, dpi, markers, controls, spot)
    show(watch(printing.print_(request)), json_)


def field(
    run: Run,
    views: Annotated[int, typer.Option(min=1, help="Views per arm.")] = 100,
    samples: Annotated[int, typer.Option(min=1, help="Paths of light per pixel.")] = 64,
    sky: Annotated[
        Path | None, typer.Option(help="A panorama (.hdr, .exr) in place of the plain sky.")
    ] = None,
    device: Device = DeviceName.AUTO,
    threads: Threads = 0,
    json_: Json = False,
) -> None:
    """Photograph a finished article in a path tracer (sun, sky, ground, lens) and compare (minutes)."""
    from eot.commands import field

    request = field.Request(run, views, samples, sky)
    show(watch(field.field(request, prepare(device, threads))), json_)
