"""CIFAR-10: binary batches, or the Python ones through an unpickler that builds arrays and nothing else."""

import io
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from eot.data.data import Data, Stored, digest_of
from eot.data.options import Options
from renders.errors import InputError

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
SPLITS = {"train": tuple(f"data_batch_{i}" for i in range(1, 6)), "test": ("test_batch",)}
PIXELS = 3 * 32 * 32
# All that a published batch names: an array of bytes is rebuilt from its dtype and a string.
SAFE = {
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("_codecs", "encode"),
}
UNREADABLE = (pickle.UnpicklingError, ValueError, KeyError, EOFError, TypeError, AttributeError, IndexError)


class ArrayUnpickler(pickle.Unpickler):
    """Refuses every name but those of plain arrays, so that no file can run anything."""

    def find_class(self, module: str, name: str) -> Any:
        """The thing of this name where it is harmless."""
        if (module, name) not in SAFE:
            raise pickle.UnpicklingError(f"it names {module}.{name}, which no batch needs")
        return super().find_class(module, name)


def load_cifar10(folder: Path, options: Options) -> Data:
    """The split `train` or `test` in a folder of `*.bin` files or of Python batches."""
    if options.split not in SPLITS:
        raise InputError(f"CIFAR-10 has the splits train and test; got {options.split!r}: name one")
    files = [_find(folder, name) for name in SPLITS[options.split]]
    contents = [path.read_bytes() for path in files]
    pairs = [_reader(path)(data, path) for path, data in zip(files, contents, strict=True)]
    images = torch.cat([image for image, _ in pairs]).reshape(-1, 3, 32, 32)
    labels = torch.cat([label for _, label in pairs]).long()
    name = f"CIFAR-10 {options.split}"
    return Data(name, options.split, Stored(images), labels, CLASSES, digest_of(contents))


def _find(folder: Path, name: str) -> Path:
    for path in (folder / f"{name}.bin", folder / name):
        if path.is_file():
            return path
    raise InputError(f"{folder}: expected {name}.bin or {name}; found neither: unpack the archive there")


def _reader(path: Path) -> Callable[[bytes, Path], tuple[Tensor, Tensor]]:
    return _binary if path.suffix == ".bin" else _pickled


def _binary(data: bytes, path: Path) -> tuple[Tensor, Tensor]:
    """Records of one label byte and 3072 bytes of red, green and blue planes."""
    if not data or len(data) % (1 + PIXELS):
        raise InputError(
            f"{path}: expected records of {1 + PIXELS} bytes; got {len(data)} bytes: get it again"
        )
    records = torch.from_numpy(np.frombuffer(data, np.uint8).copy()).reshape(-1, 1 + PIXELS)
    return records[:, 1:], records[:, 0]


def _pickled(data: bytes, path: Path) -> tuple[Tensor, Tensor]:
    try:
        batch = ArrayUnpickler(io.BytesIO(data), encoding="latin1").load()
        images, labels = np.asarray(batch["data"]), [int(label) for label in batch["labels"]]
        if images.dtype != np.uint8 or images.shape != (len(labels), PIXELS):
            raise ValueError(f"data {images.dtype} {list(images.shape)} with {len(labels)} labels")
    except UNREADABLE as error:
        raise InputError(f"{path}: expected a CIFAR-10 batch; {error}: get it again, or use *.bin") from None
    return torch.from_numpy(images.copy()), torch.tensor(labels, dtype=torch.int64)
