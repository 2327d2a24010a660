"""The design of a plan beside its CSV: people fill in and correct the CSV, so the design is kept apart."""

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from eot.photos.corners import read_corners
from eot.photos.grid import BINS
from eot.photos.plan import Design
from renders.errors import InputError, RunError

DESIGN, CSV = "plan.json", "plan.csv"
# The name that photos of all arms from one spot share, see `eot.photos.plan.Planned`.
PAIR = re.compile(r"s(\d+)-\d+")


@dataclass(frozen=True)
class Written:
    """A design, and the hash of the CSV as it was written, which tells whether somebody has worked in it."""

    design: Design
    csv_sha256: str


_ADAPTER = TypeAdapter(Written)


def design_json(design: Design, csv: bytes) -> bytes:
    """The file beside the CSV."""
    return (json.dumps(asdict(Written(design, _sha256(csv))), indent=1) + "\n").encode()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def written_in(folder: Path) -> Written | None:
    """The design in a folder; None where there is none. Raises RunError for a damaged one."""
    path = folder / DESIGN
    if not path.is_file():
        return None
    try:
        written = _ADAPTER.validate_json(path.read_bytes())
    except ValidationError as error:
        raise RunError(
            f"{path}: expected the design of a plan ({error.error_count()} faults): remove it"
        ) from None
    if min(written.design.distances, written.design.yaws) < 1:
        raise RunError(f"{path}: expected at least one distance and one yaw: remove it")
    return written


def check_replaceable(folder: Path, csv: bytes) -> None:
    """Raises InputError where the CSV that is there holds the work of somebody, and is not this one."""
    path = folder / CSV
    if not path.is_file():
        return
    there, written = path.read_bytes(), written_in(folder)
    if there != csv and (written is None or written.csv_sha256 != _sha256(there)):
        raise InputError(
            f"{path}: is filled in, or of an older eot: move it away, or replace it with --force"
        )


def bins_of(folder: Path) -> tuple[int, int]:
    """Distances and yaws of the plan in a folder; the usual ones where there is none."""
    written = written_in(folder)
    if written is not None:
        return written.design.distances, written.design.yaws
    # Older plans are a CSV alone.
    return _bins_in(folder / CSV) if (folder / CSV).is_file() else BINS


def _bins_in(path: Path) -> tuple[int, int]:
    """As `plan_csv` writes it: spots by number, row by row, of each row from its least yaw to its largest.

    Distances are no help: people correct them by tape, photo by photo.
    """
    yaws: dict[int, float] = {}
    for told in read_corners(path, unnamed=True):
        pair = PAIR.fullmatch(told.pair)
        if pair and told.yaw_deg is not None:
            yaws.setdefault(int(pair[1]), told.yaw_deg)
    ordered = [yaws[number] for number in sorted(yaws)]
    if not ordered:
        return BINS
    rows = 1 + sum(after <= before for before, after in pairwise(ordered))
    return (rows, len(ordered) // rows) if len(ordered) % rows == 0 else BINS
