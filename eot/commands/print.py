"""`eot print`: what to print and cut, written into `article/` of a run, read again and measured."""

from collections.abc import Generator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from eot.commands.tick import Tick
from eot.runs.articles import Article as Carrier
from eot.runs.articles import article_of
from eot.runs.folder import RunFolder, open_run
from eot.runs.masks import shaped
from eot.runs.object_prints import object_files, paper_files, solid_to_print
from eot.runs.prints import articles_to_print, runs_with_markers_of
from eot.runs.product import Product, decode_product
from eot.runs.provenance import Provenance, read_provenance
from renders.errors import InputError, RunError
from textures.sheets.export import MANIFEST, print_files
from textures.sheets.inspect import Measured, inspect_files
from textures.sheets.inspect_pieces import inspect_pieces
from textures.sheets.job import CUT_SPOT, Job, Order, job_of
from textures.sheets.manifest import decode_manifest
from textures.write import write_files


@dataclass(frozen=True)
class Request:
    """What the user asked for; see `Order`."""

    run: Path
    page: str = "auto"
    dpi: float = 300.0
    markers: bool = True
    controls: bool = True
    spot: str = CUT_SPOT


@dataclass(frozen=True)
class Printed:
    """The files that were written, what was measured in them, and the runs beside that share markers."""

    paths: tuple[Path, ...]
    measured: tuple[Measured, ...]
    alike: tuple[Path, ...] = ()

    def record(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "files": [str(path) for path in self.paths],
            "measured": [{**asdict(line), "ok": line.ok} for line in self.measured],
            "same_markers": [str(path) for path in self.alike],
        }

    def table(self) -> Group:
        """For people."""
        table = Table(box=None, pad_edge=False)
        for column in ("read again", "", "how many", "worst error", "allowed"):
            table.add_column(column)
        for line in self.measured:
            worst, allowed = (f"{value:.2f} {line.unit}" for value in (line.worst, line.allowed))
            table.add_row(line.file, line.what, str(line.count), worst, allowed)
        alike = [f"{path} has the same marker numbers: never show both in one photo" for path in self.alike]
        lines = [Text(line) for line in (*map(str, self.paths), *alike)]
        return Group(*([table] if self.measured else []), *lines)


def print_(request: Request) -> Generator[Tick, None, Printed]:
    """Writes the sheets, pieces and outlines of a finished run, and measures them."""
    folder = open_run(request.run)
    product = product_of(folder)
    config = folder.config()
    order = Order(request.page, request.spot, request.markers, request.dpi, config.print.profile)
    made = (product, read_provenance(folder.provenance_path))
    carrier = shaped(config, article_of(config))
    printed = yield from write_prints(folder, made, carrier, order, request.controls)
    if carrier.mesh is None:
        return replace(printed, alike=runs_with_markers_of(folder.article_path))
    more = paper_files(solid_to_print(carrier.mesh, *made), request.page)
    return Printed((*printed.paths, *write_files(folder.article_path, more)), ())


def product_of(folder: RunFolder) -> Product:
    """The article of a finished run."""
    if not folder.product_path.is_file():
        raise InputError(f"{folder.path}: the run is not finished: eot attack {folder.path} --resume")
    return decode_product(folder.product_path.read_bytes(), str(folder.product_path))


def write_prints(
    folder: RunFolder,
    made: tuple[Product, Provenance],
    carrier: Carrier,
    order: Order,
    controls: bool = True,
) -> Generator[Tick, None, Printed]:
    """All files of a product and its controls, into `article/` of its run in place of earlier ones.

    They are measured before they are written. Raises RunError when a size is wrong. An object is written as
    a textured mesh, with the flaws of its surface.
    """
    if carrier.mesh is not None:
        objects = object_files(solid_to_print(carrier.mesh, *made))
        return Printed(tuple(write_files(folder.article_path, objects)), ())
    articles = articles_to_print(folder.config(), carrier, *made)
    job = job_of(articles if controls else {"attack": articles["attack"]}, order)
    files: dict[str, bytes] = {}
    measured: list[Measured] = []
    total = 2 * file_count(job)
    for name, data in print_files(job):
        files[name] = data
        yield Tick("print", len(files), total, name)
    manifest = decode_manifest(files[MANIFEST], MANIFEST)
    for line in (*inspect_files(files, manifest), *inspect_pieces(files, manifest)):
        measured.append(line)
    wrong = [line for line in measured if not line.ok]
    if wrong:
        what = ", ".join(f"{line.file} {line.what} by {line.worst:.2f} {line.unit}" for line in wrong)
        raise RunError(f"the files do not measure what they should: {what}: report this with config.toml")
    paths = write_files(folder.article_path, files)
    for path in _left_over(folder.article_path, set(files)):
        path.unlink()
    yield Tick("print", total, total)
    return Printed(tuple(paths), tuple(measured))


def _left_over(folder: Path, names: set[str]) -> list[Path]:
    """Sheets and pieces of an earlier order that this one has not replaced."""
    ours = (path for pattern in ("*.pdf", "piece-*", "outlines.*") for path in folder.glob(pattern))
    return sorted(path for path in ours if path.name not in names)


def file_count(job: Job) -> int:
    """How many files a job makes."""
    documents = 1 + (len(job.sheets) > 1) + bool(job.cards) + job.order.markers
    return documents + 3 + 3 * len(job.sheets[0].pieces)
