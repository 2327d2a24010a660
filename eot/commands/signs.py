"""`eot signs`: the sign faces that exist here, and pictures of them."""

from collections.abc import Generator
from pathlib import Path

from eot.commands.listing import Listing
from eot.commands.tick import Tick
from textures.signs import catalogue, png
from textures.write import write_bytes


def signs() -> Listing:
    """Every sign with its true size."""
    columns = ("sign", "name", "convention", "code", "width_mm", "height_mm")
    rows = tuple((s.id, s.name, s.convention, s.code, s.width_mm, s.height_mm) for s in catalogue().values())
    return Listing("Signs", columns, rows)


def render(folder: Path, dpi: float) -> Generator[Tick, None, list[Path]]:
    """Every face as a PNG that knows its dpi; clear outside the plate. Returns the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for done, sign in enumerate(catalogue(), 1):
        path = folder / f"{sign}.png"
        write_bytes(path, png(sign, dpi))
        paths.append(path)
        yield Tick("render", done, len(catalogue()))
    return paths
