"""Folders of image files: one folder a class, or the class number in each file name (GTSRB is either)."""

import csv
import re
from pathlib import Path

import torch

from eot.data.data import MOST_CLASSES, Data, numbered
from eot.data.files import Files, Picture, contents_sha256, listed, placed
from eot.data.options import Options, class_names
from renders.errors import InputError

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".ppm", ".tif", ".tiff"})
GTSRB_CLASSES = 43
LEADING_NUMBER = re.compile(r"^(\d+)(?:[_\-. ]|$)")


def _is_image(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() in SUFFIXES


def load_folder(folder: Path, options: Options) -> Data:
    """An ImageFolder: FOLDER/CLASS/*.png, classes numbered in the order of their names.

    FOLDER/SPLIT is used where there is such a folder. With the `classes` option the folder names are the
    numbers of the classes.
    """
    root = folder / options.split if (folder / options.split).is_dir() else folder
    groups = listed(root, Path.is_dir)
    names = class_names(options) or (
        numbered(options.classes, folder) if options.classes else tuple(group.name for group in groups)
    )
    files, labels = [], []
    for index, group in enumerate(groups):
        number = _number(group.name, group) if options.classes else index
        found = listed(group, _is_image)
        files += found
        labels += [number] * len(found)
    return _data(root, files, labels, names, options)


def load_flat(folder: Path, options: Options) -> Data:
    """One folder of files whose names start with the number of their class: `014_stop.jpg`.

    As many classes as the `classes` option or the `labels` file says, else up to the largest number.
    """
    files = listed(folder, _is_image)
    labels = [_number(path.stem, path) for path in files]
    count = options.classes or max(labels, default=-1) + 1
    return _data(folder, files, labels, class_names(options) or numbered(count, folder), options)


def load_gtsrb(folder: Path, options: Options) -> Data:
    """The German traffic signs: folders 00000 ... 00042, or images with `GT-*.csv` (Filename;...;ClassId).

    There are 43 of them, unless the `classes` option or the `labels` file says otherwise.
    """
    tables = listed(folder, lambda path: path.is_file() and path.suffix.lower() == ".csv")
    names = class_names(options) or numbered(options.classes or GTSRB_CLASSES, folder)
    if tables:
        pairs = _table(tables[0], folder)
    else:
        groups = listed(folder, Path.is_dir)
        pairs = [(path, _number(group.name, group)) for group in groups for path in listed(group, _is_image)]
    return _data(folder, [path for path, _ in pairs], [label for _, label in pairs], names, options)


def _table(table: Path, folder: Path) -> list[tuple[Path, int]]:
    try:
        with table.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter=";"))
        named = [(row["Filename"], int(row["ClassId"])) for row in rows]
        pairs = [(name, placed(folder, name), _in_range(number, table)) for name, number in named]
    except (OSError, KeyError, ValueError, TypeError, csv.Error) as error:
        raise InputError(
            f"{table}: expected columns Filename and ClassId, semicolons between; {error!r}: "
            "use the official file"
        ) from None
    lost = [name for name, path, _ in pairs if path is None]
    if lost:
        raise InputError(f"{table}: expected images in {folder}; {lost[0]!r} is not there: correct the name")
    return [(path, number) for _, path, number in pairs if path is not None]


def _number(name: str, path: Path) -> int:
    match = LEADING_NUMBER.match(name)
    if match is None:
        raise InputError(f"{path}: expected a name that starts with the number of its class, as 014_stop.jpg")
    return _in_range(int(match.group(1)), path)


def _in_range(number: int, path: Path) -> int:
    """The number itself. Larger ones are dates or serial numbers, and some would not fit into a tensor."""
    if abs(number) >= MOST_CLASSES:
        raise InputError(
            f"{path}: expected the number of a class, below {MOST_CLASSES}; got {number}: "
            "give each image its class, counted from 0"
        )
    return number


def _data(root: Path, files: list[Path], labels: list[int], names: tuple[str, ...], options: Options) -> Data:
    images = Files(tuple(Picture(path) for path in files), options.px)
    digest = contents_sha256(files, root)
    return Data(root.name, options.split, images, torch.tensor(labels, dtype=torch.int64), names, digest)
