"""The commands of the test range: what to photograph, and what the photographs say."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from eot.terminal.options import Device, DeviceName, Json, Run, Threads
from eot.terminal.screen import prepare, show, show_paths, watch


class CutName(StrEnum):
    """What the victim gets of a photo."""

    CROP = "crop"
    CENTRE = "centre"
    FRAME = "frame"


def photos(
    run: Run,
    photos: Annotated[list[Path], typer.Argument(metavar="PHOTOS...", help="Photos, videos or folders.")],
    as_: Annotated[
        CutName | None,
        typer.Option(
            "--as",
            help="Around the article, the middle, or all.  [default: as trained]",
        ),
    ] = None,
    corners: Annotated[
        Path | None,
        typer.Option(
            metavar="CSV", help="The article's corners (x1..y4), arm, distance_m, yaw_deg, pair by file."
        ),
    ] = None,
    sheet: Annotated[
        Path | None, typer.Option(metavar="JSON", help="The sheet.json of the print.  [default: the run's]")
    ] = None,
    arm: Annotated[str, typer.Option(help="What is on photos that do not tell.")] = "",
    every: Annotated[int, typer.Option(min=1, help="Of videos, every so many frames.")] = 10,
    focal_35mm: Annotated[
        float | None, typer.Option("--focal-35mm", min=1, max=10000, help="35 mm equivalent focal length.")
    ] = None,
    click: Annotated[
        bool,
        typer.Option("--click", help="Only write a page to click the corners on; it makes the CSV."),
    ] = False,
    device: Device = DeviceName.AUTO,
    threads: Threads = 0,
    json_: Json = False,
) -> None:
    """Find the printed article in photographs, run the victim on them, write the verdict to RUN/photos."""
    from eot.commands import photos as work
    from eot.photos.framing import Cut

    if click:
        show_paths([work.clickable(tuple(photos))])
        return
    cut = None if as_ is None else Cut(as_.value)
    request = work.Request(run, tuple(photos), cut, corners, sheet, arm, every, focal_35mm)
    show(watch(work.photos(request, prepare(device, threads))), json_)


def plan(
    run: Run,
    distances: Annotated[int, typer.Option(min=1, max=12, help="Distances.")] = 4,
    yaws: Annotated[int, typer.Option(min=1, max=12, help="Directions.")] = 3,
    repeats: Annotated[int, typer.Option(min=1, max=12, help="Photos of every article from every spot.")] = 5,
    arms: Annotated[str, typer.Option(help="Articles, with commas.")] = "attack,clean,noise",
    force: Annotated[bool, typer.Option("--force", help="Replace a plan that is filled in.")] = False,
) -> None:
    """Write a checklist (PDF) and a CSV of the photos to take, spread over the planned conditions."""
    from eot.commands import plan as work

    show_paths(work.plan(run, work.design_of(distances, yaws, repeats, arms), force))


def rehearse(
    run: Run,
    photos: Annotated[int, typer.Option(min=2, help="Photos of all articles together.")] = 60,
    profile: Annotated[
        str | None, typer.Option(help="Print profile or ICC file.  [default: the run's print.profile]")
    ] = None,
    sheet: Annotated[
        Path | None, typer.Option(metavar="JSON", help="The sheet.json of the print.  [default: the run's]")
    ] = None,
    device: Device = DeviceName.AUTO,
    threads: Threads = 0,
    json_: Json = False,
) -> None:
    """Photograph the printed files with a second camera model and judge them like real photos (minutes)."""
    from eot.commands import rehearse as work

    request = work.Request(run, photos, profile, sheet)
    result = watch(work.rehearse(request, prepare(device, threads)))
    show(result, json_)


def calibrate(
    run: Run,
    photo: Annotated[Path, typer.Argument(metavar="PHOTO", help="A photo of the printed colour chart.")],
    prior: Annotated[
        str, typer.Option(help="The print profile or ICC file nearest to the printer.")
    ] = "fogra39",
    sheet: Annotated[
        Path | None, typer.Option(metavar="JSON", help="The sheet.json of the print.  [default: the run's]")
    ] = None,
    paper: Annotated[str, typer.Option(help="A word about printer and paper, kept in the profile.")] = "",
    json_: Json = False,
) -> None:
    """Fit printer and camera to a photo of the colour chart, and save a print profile for the next attack."""
    from eot.commands import calibrate as work

    show(work.calibrate(work.Request(run, photo, prior, sheet, paper)), json_)
