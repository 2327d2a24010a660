"""`.npz` archives of plain arrays: images under `images` or `x`, labels under `labels` or `y`."""

import io
import zipfile
import zlib
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from eot.data.data import Data, Stored, digest_of, numbered
from eot.data.options import Options, class_names
from renders.errors import InputError

IMAGE_NAMES, LABEL_NAMES = ("images", "x"), ("labels", "y")
# What damage of an archive raises: in its table, in what is packed, in the heads of its arrays.
DAMAGES = (
    OSError,
    EOFError,
    zipfile.BadZipFile,
    zlib.error,
    RuntimeError,
    MemoryError,
    ValueError,
    AttributeError,
    SyntaxError,
)


def load_npz(path: Path, options: Options) -> Data:
    """The arrays of an archive; a split `S` reads `images_S` or `x_S` where there are such.

    Images are bytes, or floats in [0, 1] (kept to eight bits): [n h w], [n h w c] or [n c h w], c = 1 or 3.
    """
    content, arrays = _unpacked(path)
    images = _levels(_named(arrays, IMAGE_NAMES, options.split, path), path)
    labels = _named(arrays, LABEL_NAMES, options.split, path)
    if labels.ndim != 1 or not np.issubdtype(labels.dtype, np.integer):
        raise InputError(
            f"{path}: expected labels [n] of whole numbers; got {list(labels.shape)} {labels.dtype}"
        )
    known = class_names(options) or numbered(options.classes or int(labels.max(initial=0)) + 1, path)
    numbers = torch.from_numpy(labels.astype(np.int64))
    return Data(path.stem, options.split, Stored(images), numbers, known, digest_of([content]))


def _unpacked(path: Path) -> tuple[bytes, dict[str, np.ndarray]]:
    """The bytes of an archive, and its arrays by name."""
    try:
        content = path.read_bytes()
        archive = np.load(io.BytesIO(content), allow_pickle=False)
        if not isinstance(archive, np.lib.npyio.NpzFile):
            raise ValueError("got a single array")
        with archive:
            return content, {name: archive[name] for name in archive.files}
    except DAMAGES as error:
        reason = " ".join(str(error).split())
        raise InputError(
            f"{path}: expected an .npz archive of plain arrays; {reason}: save it anew"
        ) from None


def _named(arrays: dict[str, np.ndarray], names: tuple[str, ...], split: str, path: Path) -> np.ndarray:
    wanted = [f"{name}_{split}" for name in names] + list(names)
    for name in wanted:
        if name in arrays:
            return arrays[name]
    raise InputError(f"{path}: expected an array named {' or '.join(wanted)}; it holds {sorted(arrays)}")


def _levels(array: np.ndarray, path: Path) -> Tensor:
    """Bytes [n c h w]."""
    if array.ndim == 3:
        array = array[:, None]
    if array.ndim == 4 and array.shape[1] not in (1, 3) and array.shape[3] in (1, 3):
        array = array.transpose(0, 3, 1, 2)
    if array.ndim != 4 or array.shape[1] not in (1, 3) or 0 in array.shape[2:]:
        raise InputError(f"{path}: expected images [n h w], [n h w c] or [n c h w]; got {list(array.shape)}")
    if array.dtype != np.uint8:
        low, high = float(array.min(initial=0)), float(array.max(initial=0))
        if not np.issubdtype(array.dtype, np.floating) or not (low >= 0 and high <= 1):
            raise InputError(
                f"{path}: expected images of bytes, or of floats in [0, 1]; got {array.dtype} from {low:g} "
                f"to {high:g}: divide by 255"
            )
        array = np.round(array * 255).astype(np.uint8)
    return torch.from_numpy(np.ascontiguousarray(array))
