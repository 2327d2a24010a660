"""Photographs and videos of a user, one after the other, a few of them in work at once."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from renders.errors import EotError, InputError
from renders.photos import PHOTO_SUFFIXES, read_photo_file
from renders.videos import VIDEO_SUFFIXES, video_frames


@dataclass(frozen=True, eq=False)
class Picture:
    """One photo or one frame of a video; all frames of a video share its `cluster`."""

    name: str
    cluster: str
    levels: UInt8[np.ndarray, "h w 3"]
    focal_35mm: float | None
    taken: str


@dataclass(frozen=True, eq=False)
class Arrival:
    """A file of the user: its pictures, or in one line why it has none; nothing at all if it was `known`."""

    file: str
    sha256: str
    pictures: Iterator[Picture]
    error: str = ""
    known: bool = False


def photo_paths(places: Sequence[Path], corners: Sequence[str] = ()) -> dict[str, Path]:
    """Every photo and video in files and folders (with their subfolders) by a name of its own, sorted.

    The name is the path below the folder that was given. Raises InputError where there is nothing to read,
    where two have one name, and where a CSV names a file that is not among them.
    """
    found: dict[str, Path] = {}
    for place in places:
        for name, path in _in(place).items():
            if found.setdefault(name, path) != path:
                raise InputError(f"two photos are named {name}: give the folder above both, or rename one")
    if not found:
        where = ", ".join(str(place) for place in places)
        raise InputError(f"{where}: expected photos (JPEG, PNG, HEIC, WebP, TIFF) or videos; found none")
    missing = [name for name in corners if name not in found]
    if missing:
        raise InputError(
            f"the CSV names {missing[0]}, which is not among the photos: correct its file column"
        )
    return dict(sorted(found.items()))


def _in(place: Path) -> dict[str, Path]:
    if place.is_file():
        return {place.name: place}
    if not place.is_dir():
        raise InputError(f"{place}: expected a photo, a video or a folder of them; found nothing there")
    known = PHOTO_SUFFIXES | VIDEO_SUFFIXES
    files = (path for path in place.rglob("*") if path.is_file() and not path.name.startswith("."))
    return {path.relative_to(place).as_posix(): path for path in files if path.suffix.lower() in known}


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
    return Arrival(name, digest, iter([Picture(name, name, photo.levels, photo.focal_35mm, photo.taken)]))


def _frames(name: str, path: Path, every: int) -> Iterator[Picture]:
    for number, levels in video_frames(path, every):
        yield Picture(f"{name}#{number}", name, levels, None, "")
