"""A page on which the corners of articles are clicked in photos; it makes the CSV by itself."""

import base64
import io
from pathlib import Path
from typing import Any
from urllib.parse import quote

from PIL import Image

from eot.photos.corners import ARMS
from eot.report.html import environment
from renders.errors import EotError, InputError
from renders.photos import read_photo_file
from renders.videos import VIDEO_SUFFIXES

PAGE, TABLE = "corners.html", "corners.csv"
# What browsers show by themselves; others are put into the page, at most this large.
SHOWN = frozenset({".jpg", ".jpeg", ".png", ".webp"})
SIDE_PX = 2400


def click_page(photos: dict[str, Path], folder: Path) -> bytes:
    """The page for photos by name; it lies in `folder` and shows the files themselves from there.

    Raises InputError where there is no photo that can be shown.
    """
    shown = [entry for name, path in photos.items() if (entry := _entry(name, path, folder)) is not None]
    if not shown:
        raise InputError(
            f"{folder}: expected photos whose corners can be clicked; found none that can be read"
        )
    page = environment().get_template("corners.html.j2")
    return page.render(photos=shown, arms=ARMS, table=TABLE).encode()


def _entry(name: str, path: Path, folder: Path) -> dict[str, Any] | None:
    """Name, address and scale of a photo; None for a video and what cannot be read."""
    suffix = path.suffix.lower()
    if suffix in VIDEO_SUFFIXES:
        return None
    if suffix in SHOWN and path.resolve().is_relative_to(folder.resolve()):
        relative = path.resolve().relative_to(folder.resolve()).as_posix()
        return {"name": name, "address": quote(relative), "scale": 1.0}
    try:
        image = Image.fromarray(read_photo_file(path).levels)
    except EotError:
        return None
    scale = max(1.0, max(image.size) / SIDE_PX)
    image.thumbnail((SIDE_PX, SIDE_PX))
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=85)
    data = base64.b64encode(stream.getvalue()).decode()
    return {"name": name, "address": f"data:image/jpeg;base64,{data}", "scale": scale}
