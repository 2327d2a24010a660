"""YOLO's labels: a .txt beside each photo, a line per thing: class, centre x, centre y, width, height."""

import warnings
from pathlib import Path

from PIL import Image

from eot.annotations.annotated import Annotated, Thing, parsed, read_text, thing
from renders.errors import InputError
from renders.photos import PHOTO_FORMATS, upright_size

WANTED = "class, centre x, centre y, width, height as fractions"


def read_yolo(labels: Path, files: list[Path]) -> tuple[Annotated, ...]:
    """The photos with a label file of their name in the folder; names come from its classes.txt, if any.

    Fractions are those of the upright photo, which is what people and detectors see.
    """
    listing = labels / "classes.txt"
    names = read_text(listing).splitlines() if listing.is_file() else []
    pairs = ((file, labels / f"{file.stem}.txt") for file in files)
    return tuple(Annotated(file, _things(file, text, names)) for file, text in pairs if text.is_file())


def _things(file: Path, text: Path, names: list[str]) -> tuple[Thing, ...]:
    lines = enumerate(read_text(text).splitlines(), 1)
    size = parsed(lambda: _size(file), str(file), "a photo")
    return tuple(_thing(line.split(), size, names, f"{text}, line {n}") for n, line in lines if line.strip())


def _size(file: Path) -> tuple[int, int]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's about large photos; whoever reads the photo judges that
        with Image.open(file, formats=PHOTO_FORMATS) as photo:
            return upright_size(photo)


def _thing(line: list[str], size: tuple[int, int], names: list[str], where: str) -> Thing:
    if len(line) not in (5, 6):  # the sixth is how sure a detector was
        what = " (a polygon?): export boxes" if len(line) > 6 else ": correct it"
        raise InputError(f"{where}: expected {WANTED}; got {len(line)} columns{what}")
    number, x, y, wide, high = parsed(lambda: _numbers(line), where, WANTED)
    if number < 0:
        raise InputError(f"{where}: expected a class from 0; got {number}: correct it")
    name = names[number].strip() if number < len(names) else str(number)
    left, top, right, bottom = (
        (x - wide / 2) * size[0],
        (y - high / 2) * size[1],
        (x + wide / 2) * size[0],
        (y + high / 2) * size[1],
    )
    return thing(name, (left, top, right, bottom), where)


def _numbers(line: list[str]) -> tuple[int, float, float, float, float]:
    x, y, wide, high = (float(value) for value in line[1:5])
    return int(line[0]), x, y, wide, high
