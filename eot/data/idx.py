"""MNIST and its relatives: idx files, plain or gzipped. Grey stays one channel."""

import gzip
import math
import zlib
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from eot.data.data import Data, Stored, digest_of, numbered
from eot.data.options import Options, class_names
from renders.errors import InputError

UNSIGNED_BYTES = 8
DIGITS = tuple("0123456789")
# What the images and labels of a split are called by those who publish them.
STEMS = {"test": ("t10k", "test"), "train": ("train", "train10k")}


def load_idx(folder: Path, options: Options) -> Data:
    """The split in a folder of `SPLIT-images-idx3-ubyte[.gz]` and `SPLIT-labels-idx1-ubyte[.gz]`.

    `test` is also called `t10k`; any other split is the first part of the file names, such as `train10k`.
    """
    stems = STEMS.get(options.split, (options.split,))
    images_file, labels_file = (_find(folder, stems, kind) for kind in ("images-idx3", "labels-idx1"))
    images, labels = read_idx(images_file, 3), read_idx(labels_file, 1)
    names = class_names(options) or (DIGITS if not options.classes else numbered(options.classes, folder))
    digest = digest_of([images_file.read_bytes(), labels_file.read_bytes()])
    name = f"{folder.name} {options.split}"
    return Data(name, options.split, Stored(images[:, None]), labels.long(), names, digest)


def _find(folder: Path, stems: tuple[str, ...], kind: str) -> Path:
    names = [f"{stem}-{kind}-ubyte{end}" for stem in stems for end in ("", ".gz")]
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise InputError(f"{folder}: expected one of {', '.join(names)}; found none: check the folder and split")


def read_idx(path: Path, axes: int) -> Tensor:
    """The array of unsigned bytes in an idx file with this number of axes.

    The format is two zero bytes, a type, the number of axes, their lengths (big-endian, 32 bits), the data.
    """
    try:
        data = path.read_bytes()
        data = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path}: cannot be read ({error}): download it again") from None
    start = 4 + 4 * axes
    if len(data) < start or data[:4] != bytes([0, 0, UNSIGNED_BYTES, axes]):
        raise InputError(f"{path}: expected an idx file of bytes with {axes} axes; its head says other")
    shape = [int.from_bytes(data[4 + 4 * i : 8 + 4 * i], "big") for i in range(axes)]
    if len(data) != start + math.prod(shape):
        raise InputError(
            f"{path}: expected {math.prod(shape)} bytes of data for {shape}; got {len(data) - start}: "
            "download it again"
        )
    return torch.from_numpy(np.frombuffer(data, np.uint8, offset=start).copy()).reshape(shape)
