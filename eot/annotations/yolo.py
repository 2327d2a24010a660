"""YOLO's labels: a .txt beside each photo, a line per thing: class, centre x, centre y, width, height."""

from pathlib import Path

from PIL import Image

from eot.annotations.annotated import Annotated, Thing, parsed, thing

WANTED = "lines of class, centre x, centre y, width, height as fractions"


def read_yolo(labels: Path, files: list[Path]) -> tuple[Annotated, ...]:
    """The photos with a label file of their name in the folder; names come from its classes.txt, if any."""
    listing = labels / "classes.txt"
    names = listing.read_text(encoding="utf-8").split("\n") if listing.is_file() else []
    pairs = ((file, labels / f"{file.stem}.txt") for file in files)
    return tuple(Annotated(file, _things(file, text, names)) for file, text in pairs if text.is_file())


def _things(file: Path, text: Path, names: list[str]) -> tuple[Thing, ...]:
    with Image.open(file) as photo:
        width, height = photo.size
    lines = [line.split() for line in text.read_text(encoding="utf-8").splitlines() if line.strip()]

    def read() -> tuple[Thing, ...]:
        return tuple(_thing(line, (width, height), names, str(text)) for line in lines)

    return parsed(read, str(text), WANTED)


def _thing(line: list[str], size: tuple[int, int], names: list[str], where: str) -> Thing:
    number = int(line[0])
    x, y, wide, high = (float(value) for value in line[1:5])
    name = names[number].strip() if number < len(names) else str(number)
    left, top, right, bottom = (
        (x - wide / 2) * size[0],
        (y - high / 2) * size[1],
        (x + wide / 2) * size[0],
        (y + high / 2) * size[1],
    )
    return thing(name, (left, top, right, bottom), where)
