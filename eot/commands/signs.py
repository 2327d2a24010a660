"""`eot signs`: the sign faces that exist here, and pictures of them."""

import io
from collections.abc import Generator
from pathlib import Path

import torch
from PIL import Image

from eot.commands.listing import Listing
from eot.commands.tick import Tick
from textures.signs import Face, catalogue, face, width_px_at
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
        write_bytes(path, _png(face(sign, width_px_at(sign, dpi)), dpi))
        paths.append(path)
        yield Tick("render", done, len(catalogue()))
    return paths


def _png(drawn: Face, dpi: float) -> bytes:
    rgba = torch.cat([drawn.srgb, drawn.coverage]).mul(255).round().byte().permute(1, 2, 0).numpy()
    buffer = io.BytesIO()
    Image.fromarray(rgba, "RGBA").save(buffer, "PNG", dpi=(dpi, dpi))
    return buffer.getvalue()
