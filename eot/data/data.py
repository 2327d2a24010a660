"""A labelled set of images, in memory or read as they are asked for."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from eot.streams import generator_for
from renders.errors import InputError

Labels = Int[Tensor, " n"]
# More than any set of images has: what asks for more took a date or a serial number for a class.
MOST_CLASSES = 100_000


@runtime_checkable
class Images(Protocol):
    """n images of one size; what they are read from is their own affair."""

    def __len__(self) -> int:
        """How many there are."""
        ...

    def take(self, rows: Int[Tensor, " m"]) -> Float[Tensor, "m c h w"]:
        """The images of these rows: sRGB in [0, 1], c = 3, or c = 1 where the set is grey."""
        ...

    def part(self, rows: Int[Tensor, " m"]) -> "Images":
        """These rows alone, in this order."""
        ...


@dataclass(frozen=True)
class Stored:
    """Images held in memory, eight bits a channel."""

    levels: UInt8[Tensor, "n c h w"]

    def __len__(self) -> int:
        return len(self.levels)

    def take(self, rows: Int[Tensor, " m"]) -> Float[Tensor, "m c h w"]:
        """Levels over 255."""
        return self.levels[rows].float() / 255

    def part(self, rows: Int[Tensor, " m"]) -> "Stored":
        """These rows alone."""
        return Stored(self.levels[rows])


@dataclass(frozen=True)
class Data:
    """What a model is trained, attacked or graded on.

    Args:
        split: which part of the set this is: `train`, `test`, or what the source calls it.
        labels: class numbers, each below the number of classes.
        classes: their names.
        sha256: of what was read from disk, in the order of the rows.
    """

    name: str
    split: str
    images: Images
    labels: Labels
    classes: tuple[str, ...]
    sha256: str

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, rows: Int[Tensor, " m"]) -> tuple[Float[Tensor, "m c h w"], Int[Tensor, " m"]]:
        """The images and labels of these rows."""
        return self.images.take(rows), self.labels[rows]

    def batches(self, size: int) -> Iterator[tuple[Float[Tensor, "m c h w"], Int[Tensor, " m"]]]:
        """All images in order with their labels, `size` at a time."""
        for rows in torch.arange(len(self)).split(size):
            yield self.take(rows)

    def part(self, rows: Int[Tensor, " m"]) -> "Data":
        """These rows alone; the hash is of the set and the rows."""
        digest = hashlib.sha256(self.sha256.encode() + rows.numpy().tobytes()).hexdigest()
        return replace(self, images=self.images.part(rows), labels=self.labels[rows], sha256=digest)

    def sample(self, n: int, seed: int = 0) -> "Data":
        """n rows drawn without replacement, in their old order; all of them where n is not less."""
        if n < 1:
            raise InputError(f"{self.name}: expected n of at least 1; got {n}: ask for some images")
        if n >= len(self):
            return self
        order = torch.randperm(len(self), generator=generator_for(seed, "data-sample"))
        return self.part(order[:n].sort().values)


def checked(data: Data) -> Data:
    """The data themselves, once there are some and every label is the number of a class.

    Raises:
        InputError: an empty set, as many labels as images not, or a label out of range.
    """
    if len(data.images) != len(data.labels):
        raise InputError(
            f"{data.name}: expected one label per image; got {len(data.images)} images and "
            f"{len(data.labels)} labels: the files do not belong together"
        )
    if not len(data.labels):
        raise InputError(f"{data.name}: expected labelled images; found none: check the path and the split")
    low, high = int(data.labels.min()), int(data.labels.max())
    if low < 0 or high >= len(data.classes):
        raise InputError(
            f"{data.name}: expected labels from 0 to {len(data.classes) - 1}; got {low} to {high}: "
            "count classes from 0, or name the classes"
        )
    return data


def digest_of(parts: Sequence[bytes]) -> str:
    """The sha256 of some bytes, one after the other."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


def numbered(count: int, where: Path | str = "data") -> tuple[str, ...]:
    """Names for classes that have none. Raises InputError that names `where` for more than any set has."""
    if count > MOST_CLASSES:
        raise InputError(
            f"{where}: expected at most {MOST_CLASSES} classes; got {count}: number them from 0, without gaps"
        )
    return tuple(f"class {c}" for c in range(count))
