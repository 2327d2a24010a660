"""From a string such as `mnist:FOLDER?split=test` to labelled images."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from eot.data.cifar import load_cifar10
from eot.data.coco import load_coco
from eot.data.data import Data, checked
from eot.data.folders import load_flat, load_folder, load_gtsrb
from eot.data.idx import load_idx
from eot.data.npz import load_npz
from eot.data.options import Options, chosen_rows, read_options
from renders.errors import InputError, nearest


@dataclass(frozen=True)
class Format:
    """The function that reads a path, and which `Options` it has a use for besides those of all formats."""

    load: Callable[[Path, Options], Data]
    takes: tuple[str, ...]


# Adding one is one line here.
FORMATS: dict[str, Format] = {
    "mnist": Format(load_idx, ("split", "classes", "labels")),
    "cifar10": Format(load_cifar10, ("split",)),
    "gtsrb": Format(load_gtsrb, ("px", "classes", "labels")),
    "folder": Format(load_folder, ("split", "px", "classes", "labels")),
    "flat": Format(load_flat, ("px", "classes", "labels")),
    "npz": Format(load_npz, ("split", "classes", "labels")),
    "coco": Format(load_coco, ("px",)),
}


def load_data(spec: str) -> Data:
    """The checked set that `FORMAT:PATH?option=value&...` names.

    Formats: `mnist:FOLDER`, `cifar10:FOLDER`, `gtsrb:FOLDER`, `folder:FOLDER` (one folder a class),
    `flat:FOLDER` (class number first in the file name), `npz:FILE`, `coco:FILE.json`. Options of all: `rows`,
    `n` and `seed` of a random sample; of some: `split`, `px`, `classes`, `labels` (see `Options`).

    Raises:
        InputError: an unknown format, an option that is unknown or that this format does not take, a path
            that is not there, a damaged file, an empty set, labels out of range.
    """
    kind, _, rest = spec.partition(":")
    if kind not in FORMATS or not rest:
        raise InputError(f"data must be FORMAT:PATH; got {spec!r}: {nearest(kind, FORMATS)}")
    place, _, query = rest.partition("?")
    path = Path(place)
    if not path.exists():
        raise InputError(f"data must be there; {path} does not exist: check the path")
    options = read_options(query, kind, FORMATS[kind].takes)
    data = checked(FORMATS[kind].load(path, options))
    if options.rows:
        data = data.part(torch.arange(len(data))[chosen_rows(options, len(data))])
    return data.sample(options.n, options.seed) if options.n else data
