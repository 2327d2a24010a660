"""Photographs and videos of a user, one after the other, a few of them in work at once."""

import hashlib
import os
import unicodedata
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from eot.photos.corners import ARMS
from eot.photos.seen import CONTACT, LINES, PAGE, RECORD, TABLE, VIEWS
from renders.errors import EotError, InputError
from renders.photos import PHOTO_SUFFIXES, read_photo_file
from renders.videos import VIDEO_SUFFIXES, video_frames


@dataclass(frozen=True, eq=False)
class Picture:
    """One photo or one frame of a video; all frames of a video share its `cluster`.

    `above` is the arm that the nearest folder of that name says, however far above the file.
    """

    name: str
    cluster: str
    levels: UInt8[np.ndarray, "h w 3"]
    focal_35mm: float | None
    taken: str
    above: str = ""


@dataclass(frozen=True, eq=False)
class Arrival:
    """A file of the user: its pictures, or in one line why it has none; nothing at all if it was `known`."""

    file: str
    sha256: str
    pictures: Iterator[Picture]
    error: str = ""
    known: bool = False


def photo_paths(places: Sequence[Path]) -> dict[str, Path]:
    """Every photo and video in files and folders (with their subfolders) by a name of its own, sorted.

    The name is the path below the folder that was given, and begins with that folder where it is called as an
    arm is. What `eot photos` itself wrote is left out. Raises InputError where there is nothing to read, and
    where two have one name.
    """
    found: dict[str, Path] = {}
    for place in places:
        for name, path in _in(place):
            if found.setdefault(name, path) != path:
                raise InputError(f"two photos are named {name}: give the folder above both, or rename one")
    if not found:
        where = ", ".join(str(place) for place in places)
        raise InputError(f"{where}: expected photos (JPEG, PNG, HEIC, WebP, TIFF) or videos; found none")
    return dict(sorted(found.items()))


def photo_named(file: str, names: Collection[str]) -> str:
    """The photo that a CSV calls `file`: of this name, or the only one of this name in any folder.

    Raises InputError where there is none, or several.
    """
    if file in names:
        return file
    below = [name for name in names if name.endswith(f"/{file}")]
    if len(below) > 1:
        raise InputError(f"the CSV names {file}, which may be {below[0]} or {below[1]}: add its folder")
    if not below:
        raise InputError(f"the CSV names {file}, which is not among the photos: correct its file column")
    return below[0]


def _in(place: Path) -> Iterator[tuple[str, Path]]:
    if not place.is_file() and not place.is_dir():
        raise InputError(f"{place}: expected a photo, a video or a folder of them; found nothing there")
    # As a shell expands photos/*, the folder that tells the arm is itself what is given.
    folder = place.parent if place.is_file() else place
    called = _absolute(folder).name
    prefix = f"{called}/" if called.lower() in ARMS else ""
    files = [place] if place.is_file() else _media(place)
    for path in files:
        if not _written_by_us(path):
            yield plain(prefix + path.relative_to(folder).as_posix()), path


def _media(folder: Path) -> Iterator[Path]:
    known = PHOTO_SUFFIXES | VIDEO_SUFFIXES
    files = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    return (path for path in files if path.suffix.lower() in known)


def _absolute(path: Path) -> Path:
    """Without dots; links as they are called, since `resolve` would lose the name of a linked folder."""
    return Path(os.path.abspath(path))  # noqa: PTH100


def plain(name: str) -> str:
    """A name as composed Unicode: disks and spreadsheets write one ä in two ways."""
    valid = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return unicodedata.normalize("NFC", valid)


def _written_by_us(path: Path) -> bool:
    """Whether `eot photos` wrote this: it lies where its memory lies."""
    path = _absolute(path)
    if path.name in (CONTACT, PAGE, RECORD, TABLE, LINES):
        return (path.parent / LINES).is_file()
    return any(folder.name == VIEWS and (folder.parent / LINES).is_file() for folder in path.parents)


def arm_above(path: Path) -> str:
    """The arm after which the nearest folder above is called; empty where none is."""
    return next((f.name.lower() for f in _absolute(path).parents if f.name.lower() in ARMS), "")


def arrival_of(name: str, path: Path, every: int, is_known: Callable[[str, str], bool]) -> Arrival:
    """A file: a still photo is decoded here, a video only while its frames are used.

    Of what `is_known` (name, sha256) nothing is decoded.
    """
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if is_known(name, digest):
            return Arrival(name, digest, iter(()), known=True)
        if path.suffix.lower() in VIDEO_SUFFIXES:
            return Arrival(name, digest, _frames(name, path, every))
        photo = read_photo_file(path)
    except EotError as error:
        return Arrival(name, "", iter(()), str(error).removeprefix(f"{path}: "))
    except OSError as error:
        return Arrival(name, "", iter(()), f"cannot be read ({error.strerror}): check its permissions")
    picture = Picture(name, name, photo.levels, photo.focal_35mm, photo.taken, arm_above(path))
    return Arrival(name, digest, iter([picture]))


def _frames(name: str, path: Path, every: int) -> Iterator[Picture]:
    for number, levels in video_frames(path, every):
        yield Picture(f"{name}#{number}", name, levels, None, "", arm_above(path))
