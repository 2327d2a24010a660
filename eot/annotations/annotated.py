"""A photo with boxes around the things in it, and the error of a file that has none."""

import csv
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from PIL import Image

from renders.errors import InputError

Box = tuple[float, float, float, float]
Value = TypeVar("Value")
# What the readers raise over a damaged file.
DAMAGED = (
    ValueError,
    KeyError,
    TypeError,
    IndexError,
    OSError,
    SyntaxError,
    AttributeError,
    csv.Error,
    Image.DecompressionBombError,
)


@dataclass(frozen=True)
class Thing:
    """One annotated thing: the name or number of its class, and its box (left, top, right, bottom) in px."""

    name: str
    box_px: Box


@dataclass(frozen=True)
class Annotated:
    """A photo and the things in it."""

    photo: Path
    things: tuple[Thing, ...]


def thing(name: str, box_px: Box, where: str) -> Thing:
    """The thing, if its box is one. Raises InputError that names `where`."""
    left, top, right, bottom = box_px
    if not (left < right and top < bottom and all(map(math.isfinite, box_px))):
        raise InputError(
            f"{where}: expected a box with left < right and top < bottom; got {list(box_px)}: correct it"
        )
    return Thing(name, box_px)


def read_text(path: Path, encoding: str = "utf-8") -> str:
    """The text of a file. Raises InputError that names the line which is none in this encoding."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}): check its permissions") from None
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        got = f"a byte {data[error.start]:#x}"
    except (LookupError, ValueError):  # a file may declare any word
        line, got = 1, "an encoding that is not known"
    raise InputError(f"{path}, line {line}: expected text in {encoding}; got {got}: save it as UTF-8")


def parsed(read: Callable[[], Value], where: str, wanted: str) -> Value:
    """What `read` returns; whatever a damaged file makes it raise comes as an InputError."""
    try:
        return read()
    except DAMAGED as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:100]
        raise InputError(f"{where}: expected {wanted}; {reason}: correct the file") from None
