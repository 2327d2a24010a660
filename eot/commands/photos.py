"""`eot photos`: photographs of the printed article, to a verdict with its controls, in `photos/` of a run."""

import hashlib
import json
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from eot.commands.attack import fingerprints
from eot.commands.print import product_of
from eot.commands.tick import Tick
from eot.evidence.evaluation import Evaluation
from eot.photos.board import Board, boards_of
from eot.photos.click import PAGE, click_page
from eot.photos.corners import ARMS, Told, read_corners
from eot.photos.design import bins_of
from eot.photos.framing import Cut
from eot.photos.intake import Arrival, arm_above, arrival_of, photo_named, photo_paths
from eot.photos.look import Task, look, view_name
from eot.photos.outcome import How, Outcome, outcome_files
from eot.photos.seen import LINES, VIEWS, Shot, Viewed, viewed_from, viewed_record
from eot.runs.build import Frame, frame_of
from eot.runs.config import Config
from eot.runs.folder import RunFolder, only_writer, open_run
from eot.runs.metrics import append_line, read_lines
from eot.runs.product import Product
from eot.runs.records import decode_evaluation
from renders.errors import EotError, InputError, RunError, nearest
from textures.sheets.manifest import SCHEMA, Manifest, decode_manifest
from textures.write import write_bytes, write_files

FOLDER = "photos"
# Photos that are looked at at once, however many processors there are: each takes some 100 MB.
AT_ONCE = 4


@dataclass(frozen=True)
class Request:
    """What the user asked for. `cut` None: as the run's camera does; `arm` is for photos that do not tell.

    `out` is where the result goes, `photos/` of the run if it is not given.
    """

    run: Path
    photos: tuple[Path, ...]
    cut: Cut | None = None
    corners: Path | None = None
    sheet: Path | None = None
    arm: str = ""
    every: int = 10
    focal_35mm: float | None = None
    out: Path | None = None


def photos(request: Request, device: torch.device) -> Generator[Tick, None, Outcome]:
    """Looks at every photo that was not looked at before, then writes the verdict on all of them."""
    if request.arm and request.arm not in ARMS:
        raise InputError(f"--arm: no arm is called {request.arm!r}: {nearest(request.arm, ARMS)}")
    folder = open_run(request.run)
    product = product_of(folder)
    simulated = evaluation_of(folder)
    rows = () if request.corners is None else read_corners(request.corners)
    paths = photo_paths(request.photos)
    told = _told(rows, paths)
    frame = frame_of(_without_scenery(folder.config()), device)
    task = _task(request, frame, product, told, boards(folder, request.sheet))
    with only_writer(folder):
        place = request.out or folder.path / FOLDER
        viewed = yield from _look_at_all(place, paths, request, task, fingerprints(frame))
        how = How(task.cut, request.focal_35mm, bins_of(folder.path / "plan"))
        written = outcome_files(place, viewed, frame, product, simulated, how)
        write_files(place, written.files)
    return written.outcome


def _without_scenery(config: Config) -> Config:
    """The run with one background instead of all: photos bring their own, and painting many takes seconds."""
    return config.model_copy(update={"backgrounds": config.backgrounds.model_copy(update={"count": 1})})


def _told(rows: Sequence[Told], paths: dict[str, Path]) -> dict[str, tuple[Told, ...]]:
    """The rows of the CSV by the name of their photo."""
    told: dict[str, list[Told]] = {}
    for row in rows:
        told.setdefault(photo_named(row.file, paths), []).append(row)
    return {name: tuple(rows) for name, rows in told.items()}


def boards(folder: RunFolder, sheet: Path | None) -> tuple[Board, ...]:
    """The printed sheets with an article on them; none where nothing was printed with markers."""
    return tuple(board for manifest in manifests(folder, sheet) for board in boards_of(manifest))


def manifests(folder: RunFolder, sheet: Path | None) -> tuple[Manifest, ...]:
    """The manifest that is named, or those of all prints in the run's folders."""
    return tuple(decode_manifest(path.read_bytes(), str(path)) for path in manifest_paths(folder, sheet))


def manifest_of(folder: RunFolder, sheet: Path | None) -> tuple[Manifest, Path]:
    """The one print of a run, and the file that says what is on it."""
    paths = manifest_paths(folder, sheet)
    if len(paths) != 1:
        found = ", ".join(map(str, paths)) or "none"
        raise InputError(
            f"expected one print; found {found}: eot print {folder.path}, or name one with --sheet"
        )
    return decode_manifest(paths[0].read_bytes(), str(paths[0])), paths[0]


def manifest_paths(folder: RunFolder, sheet: Path | None) -> list[Path]:
    """Where the manifests lie."""
    if sheet is None:
        return sorted(path for path in folder.path.glob("*/sheet.json") if _is_manifest(path))
    if not sheet.is_file():
        raise InputError(f"{sheet}: expected the sheet.json of a print; found nothing: check the path")
    return [sheet]


def _is_manifest(path: Path) -> bool:
    """Older exports have a sheet.json that says nothing about markers."""
    try:
        return json.loads(path.read_bytes()).get("schema") == SCHEMA
    except (ValueError, AttributeError):
        return False


def _task(
    request: Request,
    frame: Frame,
    product: Product,
    told: dict[str, tuple[Told, ...]],
    sheets: tuple[Board, ...],
) -> Task:
    config, objective = frame.config, frame.objective
    zoom = config.conditions["zoom"]
    label = objective.label if isinstance(objective.label, int) else None
    return Task(
        boards=sheets,
        victims=tuple(victim for victim, _ in frame.victims),
        objective=objective,
        cut=request.cut or Cut(config.camera.framing),
        zoom=(zoom[0] + zoom[1]) / 2,
        output_px=config.camera.output_px,
        face_m=(product.width_mm / 1000, product.height_mm / 1000),
        label=label,
        told=told,
        arm=request.arm,
        device=frame.device,
    )


def _look_at_all(
    place: Path, paths: dict[str, Path], request: Request, task: Task, hashes: dict[str, str]
) -> Generator[Tick, None, list[Viewed]]:
    """A line of photos.jsonl per file; what an earlier call has seen with the same settings is kept."""
    lines = place / LINES
    known = {v.file: v for v in (viewed_from(line, str(lines)) for line in read_lines(lines, "file"))}
    settings = {
        name: _settings(replace(task, arm=task.arm or arm_above(path)), request.every, hashes, name)
        for name, path in paths.items()
    }

    def is_known(name: str, sha256: str) -> bool:
        before = known.get(name)
        return before is not None and (before.sha256, before.settings) == (sha256, settings[name])

    place.mkdir(parents=True, exist_ok=True)
    # A line that a crash cut off must not swallow the next one.
    write_bytes(lines, "".join(json.dumps(viewed_record(v)) + "\n" for v in known.values()).encode())

    def view(name: str) -> Viewed:
        arrival = arrival_of(name, paths[name], request.every, is_known)
        return known[name] if arrival.known else _viewed(arrival, task, settings[name], place)

    viewed = []
    for done, seen in enumerate(in_order(view, paths), 1):
        if seen is not known.get(seen.file):
            append_line(lines, viewed_record(seen))
        viewed.append(seen)
        yield Tick("photos", done, len(paths), seen.error and f"{seen.file}: {seen.error}")
    # One line a file, those of this call only, in their order.
    text = "".join(json.dumps(viewed_record(v)) + "\n" for v in viewed)
    write_bytes(lines, text.encode())
    return viewed


def in_order(view: Callable[[str], Viewed], names: Iterable[str]) -> Iterator[Viewed]:
    """Every view in the order of the names, some files looked at at once; none begun once this is closed."""
    with ThreadPoolExecutor(min(torch.get_num_threads(), AT_ONCE)) as pool:
        yield from pool.map(view, names)


def _settings(task: Task, every: int, hashes: dict[str, str], name: str) -> str:
    """A short hash of all that decides what comes of one file."""
    rows = [(r.corners_px is not None and r.corners_px.tolist(), r.arm, r.distance_m, r.yaw_deg, r.pair)
            for r in task.told.get(name, ())]  # fmt: skip
    sheets = [(b.name, b.arm, {k: v.tolist() for k, v in b.markers_mm.items()}) for b in task.boards]
    everything = (hashes, repr(task.objective), task.cut.value, task.zoom, task.output_px, task.face_m)
    text = json.dumps([everything, task.arm, every, rows, sheets], default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _viewed(arrival: Arrival, task: Task, settings: str, place: Path) -> Viewed:
    """All shots of a file, their pictures written; an error is told and stops nothing else."""
    shots: list[Shot] = []
    error = arrival.error
    try:
        for picture in arrival.pictures:
            try:
                found = look(picture, task)
            except InputError as problem:
                error = str(problem)
                continue
            for shot, view in found:
                write_bytes(place / VIEWS / view_name(shot.name), view)
                shots.append(shot)
    except EotError as problem:
        error = str(problem)
    # Of a video some frames may show nothing; that is no error while others do.
    return Viewed(arrival.file, arrival.sha256, settings, "" if shots else error, tuple(shots))


def evaluation_of(folder: RunFolder) -> Evaluation | None:
    """The run's own evaluation, where there is one. Raises RunError for one of another version of eot."""
    path = folder.evidence_path
    if not path.is_file():
        return None
    try:
        return decode_evaluation(path.read_bytes(), str(path))
    except RunError:
        raise RunError(
            f"{path}: expected evidence of this version of eot; this is another's, or damaged: delete it to "
            f"judge photos without simulated rates, and report.json too if eot attack {folder.path} --resume "
            "is to measure again"
        ) from None


def clickable(photos: tuple[Path, ...]) -> Path:
    """Writes the page on which corners are clicked beside the photos; returns its path."""
    first = photos[0] if photos[0].is_dir() else photos[0].parent
    page = click_page(photo_paths(photos), first)
    return write_files(first, {PAGE: page})[0]
