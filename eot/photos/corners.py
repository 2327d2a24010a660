"""What the user says about photos, as a CSV: where the article is, what it is, where the camera stood."""

import csv
import io
import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from renders.errors import InputError, nearest

PLACES = ("x1", "y1", "x2", "y2", "x3", "y3", "x4", "y4")
NUMBERS = ("distance_m", "yaw_deg")
COLUMNS = ("file", *PLACES, "arm", *NUMBERS, "pair")
ARMS = ("attack", "clean", "noise", "blank", "shuffled")
DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True, eq=False)
class Told:
    """One row: an article in a photo.

    Args:
        corners_px: the article's corners clockwise from its own top left, pixels of the upright photo.
        distance_m, yaw_deg: by tape and by eye; they win over what is measured.
        pair: photos of different arms with one text here were taken from one spot.
    """

    file: str
    corners_px: Float[np.ndarray, "4 2"] | None
    arm: str
    distance_m: float | None
    yaw_deg: float | None
    pair: str


def read_corners(path: Path, *, unnamed: bool = False) -> tuple[Told, ...]:
    """The rows of a CSV with a header that name a photo: in a plan the others are not taken yet.

    Only the column `file` is needed; corners come as x1, y1 ... x4, y4. `unnamed` rows are given on demand.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        names, rows = _cells(text)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: expected a CSV of corners in UTF-8; {error}: check the file") from error
    _check_header(path, names)
    told = [_told(f"{path}, line {line}", names, cells) for line, cells in rows]
    named = tuple(row for row in told if row.file or unnamed)
    if not named:
        raise InputError(f"{path}: expected the names of photos; found none: fill in the column file")
    return named


def _cells(text: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The header, and every other line that is not empty with its number; commas, semicolons or tabs.

    No name of a column holds any of the three. csv.Sniffer tells them apart too, and then reads "" in a
    quoted name as its end.
    """
    header = text.split("\n", 1)[0]
    delimiter = max(DELIMITERS, key=header.count)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, doublequote=True, skipinitialspace=True)
    names = [name.strip() for name in next(reader, [])]
    return names, [(reader.line_num, cells) for cells in reader if cells]


def _check_header(path: Path, names: Sequence[str]) -> None:
    unknown = [name for name in names if name not in COLUMNS]
    if unknown:
        raise InputError(f"{path}: no column is called {unknown[0]!r}: {nearest(unknown[0], COLUMNS)}")
    given = [name for name in PLACES if name in names]
    if "file" not in names or (given and len(given) < len(PLACES)):
        missing = "file" if "file" not in names else next(n for n in PLACES if n not in names)
        raise InputError(f"{path}: expected a column {missing!r}; found {', '.join(names) or 'none'}: add it")


def _told(where: str, names: Sequence[str], cells: Sequence[str]) -> Told:
    if len(cells) > len(names):
        raise InputError(
            f"{where}: expected {len(names)} cells, as the header has; got {len(cells)}: write decimals with "
            "a point, and texts that hold a comma in quotes"
        )
    row = {name: cell.strip() for name, cell in zip(names, cells, strict=False)}
    arm = row.get("arm", "")
    if arm and arm not in ARMS:
        raise InputError(f"{where}: no arm is called {arm!r}: {nearest(arm, ARMS)}")
    texts = [row.get(name, "") for name in PLACES]
    distance, yaw = (_number(where, name, row[name]) if row.get(name) else None for name in NUMBERS)
    if distance is not None and distance <= 0:
        raise InputError(f"{where}: expected a distance above 0 m; got {distance:g}: correct distance_m")
    corners = _corners(where, texts) if any(texts) else None
    # Disks and spreadsheets write one ä in two ways.
    file = unicodedata.normalize("NFC", row.get("file", ""))
    return Told(file, corners, arm, distance, yaw, row.get("pair", ""))


def row_for(rows: Sequence[Told], printed: str, beside: Sequence[str] = ()) -> Told | None:
    """The row of a photo that is about the sheet of this arm; None where none is.

    Args:
        printed: the arm that the sheet's markers tell, empty where they do not.
        beside: the arms of all sheets in the photo.

    Raises InputError where the rows contradict the markers or several could be meant.
    """
    own = [row for row in rows if (row.arm == printed if printed else row.arm not in beside)]
    own = own or [row for row in rows if not row.arm]
    if len(own) > 1:
        raise InputError(
            f"{len(own)} rows of the CSV can be about {printed or 'the article'} in this photo: keep one, or "
            "fill in arm"
        )
    astray = [row.arm for row in rows if row.arm not in beside]
    if not own and astray and "" not in beside:
        raise InputError(f"its markers say {printed}, the CSV says {astray[0]}: correct the CSV's arm")
    return own[0] if own else None


def _corners(where: str, texts: Sequence[str]) -> Float[np.ndarray, "4 2"]:
    numbers = [_number(where, name, text) for name, text in zip(PLACES, texts, strict=True)]
    corners = np.array(numbers, dtype=np.float64).reshape(4, 2)
    edges = np.roll(corners, -1, 0) - corners
    turns = edges[:, 0] * np.roll(edges[:, 1], -1) - edges[:, 1] * np.roll(edges[:, 0], -1)
    if (turns > 0).all():
        return corners
    advice = "they run counter-clockwise" if (turns < 0).all() else "they cross or lie on a line"
    raise InputError(
        f"{where}: expected corners clockwise from the article's top left, y down; {advice}: click them anew"
    )


def _number(where: str, name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"{where}: expected a number for {name}; got {text!r}: correct it")
    return value
