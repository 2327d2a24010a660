"""Images that stay in their files until they are asked for, all brought to one size."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float, Int
from torch import Tensor

from eot.data.data import digest_of
from eot.victims.victim import resize
from renders.errors import InputError
from renders.photos import read_photo

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Picture:
    """An image file, or the part of it inside a box (left, top, width, height in px)."""

    path: Path
    box_px: Box | None = None

    def read(self, side_px: int) -> Float[Tensor, "3 s s"]:
        """The largest centred square of the file or box at `side_px`, antialiased."""
        srgb = read_photo(self.path)
        if self.box_px is not None:
            srgb = _cut(srgb, self.box_px, self.path)
        height, width = srgb.shape[-2:]
        side = min(height, width)
        top, left = (height - side) // 2, (width - side) // 2
        square = srgb[:, top : top + side, left : left + side]
        return resize(square[None], (side_px, side_px))[0].clamp(0, 1)


def _cut(srgb: Tensor, box: Box, path: Path) -> Tensor:
    height, width = srgb.shape[-2:]
    left, top = max(0, round(box[0])), max(0, round(box[1]))
    right, bottom = min(width, round(box[0] + box[2])), min(height, round(box[1] + box[3]))
    if right <= left or bottom <= top:
        raise InputError(f"{path}: box {box} has no pixel inside {width} x {height} px: correct it")
    return srgb[:, top:bottom, left:right]


@dataclass(frozen=True)
class Files:
    """Image files, read at every use."""

    pictures: tuple[Picture, ...]
    side_px: int

    def __len__(self) -> int:
        return len(self.pictures)

    def take(self, rows: Int[Tensor, " m"]) -> Float[Tensor, "m 3 h w"]:
        """The images of these rows."""
        return torch.stack([self.pictures[row].read(self.side_px) for row in rows.tolist()])

    def part(self, rows: Int[Tensor, " m"]) -> "Files":
        """These rows alone."""
        return Files(tuple(self.pictures[row] for row in rows.tolist()), self.side_px)


def contents_sha256(files: Sequence[Path], root: Path) -> str:
    """The sha256 of the names (below the root) and bytes of files, in this order."""
    parts: list[bytes] = []
    for path in files:
        parts += [path.relative_to(root).as_posix().encode(), digest_of([_bytes(path)]).encode()]
    return digest_of(parts)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}): check its permissions") from None


def placed(folder: Path, name: str) -> Path | None:
    """The file of this name in a folder; None where there is none. A name that climbs out is not followed."""
    path = folder / name
    try:
        inside = path.is_file() and path.resolve().is_relative_to(folder.resolve())
    except OSError:  # longer than the name of a file can be
        return None
    return path if inside else None


def listed(folder: Path, wanted: Callable[[Path], bool]) -> list[Path]:
    """The entries of a folder that are wanted, by name, hidden ones never."""
    if not folder.is_dir():
        raise InputError(f"{folder}: expected a folder; found none: check the path")
    return sorted(path for path in folder.iterdir() if not path.name.startswith(".") and wanted(path))
