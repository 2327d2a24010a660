"""The tables of traffic-sign data sets, a line per sign: LISA's and GTSRB's csv, separated by semicolons."""

import csv
import io
from pathlib import Path

from eot.annotations.annotated import Annotated, Thing, parsed, read_text, thing

# Of each layout: file, class, left, top, right, bottom.
LISA = (
    "Filename",
    "Annotation tag",
    "Upper left corner X",
    "Upper left corner Y",
    "Lower right corner X",
    "Lower right corner Y",
)
GTSRB = ("Filename", "ClassId", "Roi.X1", "Roi.Y1", "Roi.X2", "Roi.Y2")
WANTED = f"the columns of LISA ({'; '.join(LISA)}) or GTSRB ({'; '.join(GTSRB)})"


def read_table(path: Path, photos: Path) -> tuple[Annotated, ...]:
    """The photos that the table lists, in its order; files are looked for by name in the folder of photos."""
    return parsed(lambda: _read(path, photos), str(path), WANTED)


def _read(path: Path, photos: Path) -> tuple[Annotated, ...]:
    lines = list(csv.DictReader(io.StringIO(read_text(path), newline=""), delimiter=";"))
    columns = LISA if lines and LISA[1] in lines[0] else GTSRB
    found: dict[str, list[Thing]] = {}
    for line in lines:
        name, kind, *sides = (line[column] for column in columns)
        left, top, right, bottom = (float(side) for side in sides)
        signs = found.setdefault(Path(name).name, [])
        signs.append(thing(kind, (left, top, right, bottom), f"{path}, {name}"))
    return tuple(Annotated(photos / name, tuple(things)) for name, things in found.items())
