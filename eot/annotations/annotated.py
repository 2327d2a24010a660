"""A photo with boxes around the things in it, and the error of a file that has none."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from renders.errors import InputError

Box = tuple[float, float, float, float]
Value = TypeVar("Value")


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
    if not (left < right and top < bottom):
        raise InputError(f"{where}: expected a box with left < right and top < bottom; got {list(box_px)}")
    return Thing(name, box_px)


def parsed(read: Callable[[], Value], where: str, wanted: str) -> Value:
    """What `read` returns; whatever a damaged file makes it raise comes as an InputError."""
    try:
        return read()
    except (ValueError, KeyError, TypeError, IndexError, OSError, SyntaxError, AttributeError) as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:100]
        raise InputError(f"{where}: expected {wanted}; {reason}: correct the file") from None
