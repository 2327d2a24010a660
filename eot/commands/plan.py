"""`eot plan`: which photos to take, as a checklist to print and a CSV, in `plan/` of a run."""

from pathlib import Path

from eot.commands.photos import boards
from eot.commands.print import product_of
from eot.photos.board import Board
from eot.photos.checklist import checklist_pdf
from eot.photos.corners import ARMS
from eot.photos.design import CSV, DESIGN, check_replaceable, design_json
from eot.photos.plan import Design, Spot, photos_of, plan_csv, spots_of
from eot.runs.config import Config
from eot.runs.folder import open_run
from eot.runs.scenes import camera_of
from renders.errors import InputError, nearest
from textures.write import write_files

MOST_PHOTOS = 2000


def plan(run: Path, design: Design, force: bool = False) -> list[Path]:
    """Writes the checklist (PDF) and the plan (CSV); returns their paths.

    A CSV that somebody has filled in is replaced by `force` only.
    """
    folder = open_run(run)
    product, config = product_of(folder), folder.config()
    spots = planned_spots(config, design, boards(folder, None))
    photos = photos_of(spots, design)
    if len(photos) > MOST_PHOTOS:
        raise InputError(
            f"expected a plan of at most {MOST_PHOTOS} photos; this has {len(photos)}: take fewer"
        )
    title, place, table = f"{product.title} ({config.name})", folder.path / "plan", plan_csv(photos)
    if not force:
        check_replaceable(place, table)
    checklist = checklist_pdf(title, spots, design)
    files = {"checklist.pdf": checklist, CSV: table, DESIGN: design_json(design, table)}
    return write_files(place, files)[:2]


def planned_spots(config: Config, design: Design, sheets: tuple[Board, ...]) -> tuple[Spot, ...]:
    """The spots over the conditions of a run, with the size that its markers will have there."""
    if config.conditions["distance_m"][1] <= 0 or config.surface.kind != "flat":
        raise InputError(
            f"surface.kind: expected flat, to walk around it; got {config.surface.kind}: a plan needs it"
        )
    return spots_of(dict(config.conditions), design, marker_mm(sheets), camera_of(config.camera).focal_px)


def marker_mm(sheets: tuple[Board, ...]) -> float | None:
    """The side of the smallest marker; None where nothing was printed with markers."""
    sides = [float(abs(c[1] - c[0]).max()) for board in sheets for c in board.markers_mm.values()]
    return min(sides, default=None)


def design_of(distances: int, yaws: int, repeats: int, arms: str) -> Design:
    """The design in the words of the command line."""
    names = tuple(dict.fromkeys(name.strip() for name in arms.split(",") if name.strip()))
    unknown = [name for name in names if name not in ARMS]
    if unknown or not names:
        raise InputError(
            f"--arms: expected articles; got {arms!r}: {nearest(unknown[0] if unknown else '', ARMS)}"
        )
    return Design(distances, yaws, repeats, names)
