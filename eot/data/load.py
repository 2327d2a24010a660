"""From a string such as `mnist:FOLDER?split=test` to labelled images."""

from collections.abc import Callable
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

# Format to the function that takes the path and the options. Adding one is one line here.
FORMATS: dict[str, Callable[[Path, Options], Data]] = {
    "mnist": load_idx,
    "cifar10": load_cifar10,
    "gtsrb": load_gtsrb,
    "folder": load_folder,
    "flat": load_flat,
    "npz": load_npz,
    "coco": load_coco,
}


def load_data(spec: str) -> Data:
    """The checked set that `FORMAT:PATH?option=value&...` names.

    Formats: `mnist:FOLDER`, `cifar10:FOLDER`, `gtsrb:FOLDER`, `folder:FOLDER` (one folder a class),
    `flat:FOLDER` (class number first in the file name), `npz:FILE`, `coco:FILE.json`. Options: `split`,
    `rows`, `n` and `seed` of a random sample, `px`, `classes`, `labels` (see `Options`).

    Raises:
        InputError: an unknown format or option, a path that is not there, a damaged file, an empty set,
            labels out of range.
    """
    kind, _, rest = spec.partition(":")
    if kind not in FORMATS or not rest:
        raise InputError(f"data must be FORMAT:PATH; got {spec!r}: {nearest(kind, FORMATS)}")
    place, _, query = rest.partition("?")
    path = Path(place)
    if not path.exists():
        raise InputError(f"data must be there; {path} does not exist: check the path")
    options = read_options(query)
    data = checked(FORMATS[kind](path, options))
    if options.rows:
        data = data.part(torch.arange(len(data))[chosen_rows(options, len(data))])
    return data.sample(options.n, options.seed) if options.n else data
