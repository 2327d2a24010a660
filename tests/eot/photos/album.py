"""What the tests of `eot photos` share: the camera and where it stood, and what the command wrote."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from eot.photos.rehearsal.camera import Stand
from renders.camera import Camera

Result = tuple[int, str, str]
Eot = Callable[..., Result]
CAMERA = Camera.from_35mm(52, 1600, 1200)
STANDS = (Stand(0.8, -20.0), Stand(1.0, 15.0, aim=(0.45, 0.55)), Stand(1.5, 5.0, 4.0), Stand(1.9, 25.0))


def report(run: Path) -> dict:
    return json.loads((run / "photos" / "photos.json").read_text())


def rows(run: Path) -> list[dict[str, str]]:
    return list(csv.DictReader((run / "photos" / "photos.csv").read_text().splitlines()))


def levels(jpeg: bytes) -> np.ndarray:
    return np.array(Image.open(io.BytesIO(jpeg)))
