"""A small sheet with four markers and photos of it, for the tests of the test range."""

import io

import cv2
import numpy as np
import torch
from PIL import Image

from eot.photos.board import Board
from eot.photos.rehearsal.camera import Exposure, Plane, Stand, photograph
from renders.camera import Camera
from textures.sheets.article import Box

CAMERA = Camera.from_35mm(26, 1600, 1200)
PX_PER_MM = 2
PLAIN = Exposure()
DICTIONARY = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_ARUCO_MIP_36h12)


def board(first: int = 0, arm: str = "attack", side_mm: float = 48.0) -> Board:
    """An article of 192 x 160 mm at (64, 10) with a marker at each corner of its sheet of 320 x 180 mm."""
    places = ((8, 8), (264, 8), (264, 124), (8, 124))
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * side_mm
    markers = {first + i: square + place for i, place in enumerate(places)}
    return Board(f"sheet-{first}", arm, markers, Box(64, 10, 192, 160))


def plane(sheet: Board, colour: tuple[int, int, int] = (200, 60, 40)) -> Plane:
    """The sheet on white paper, its article in one colour."""
    levels = np.full((180 * PX_PER_MM, 320 * PX_PER_MM, 3), 255, np.uint8)
    box = sheet.article
    left, top, right, bottom = (
        round(v * PX_PER_MM) for v in (box.x_mm, box.y_mm, box.right_mm, box.bottom_mm)
    )
    levels[top:bottom, left:right] = colour
    for number, corners in sheet.markers_mm.items():
        (x, y), side = (
            np.round(corners[0] * PX_PER_MM).astype(int),
            round(float(corners[1, 0] - corners[0, 0]) * PX_PER_MM),
        )
        art = cv2.aruco.generateImageMarker(DICTIONARY, number, side)
        levels[y : y + side, x : x + side] = art[..., None]
    centre = box.x_mm + box.width_mm / 2, box.y_mm + box.height_mm / 2
    return Plane(levels, np.ones(levels.shape[:2], np.float32), 1 / PX_PER_MM, centre)


def scenery(generator: torch.Generator) -> np.ndarray:
    """Soft random colours."""
    coarse = torch.randint(40, 200, (12, 16, 3), generator=generator).numpy().astype(np.uint8)
    return cv2.resize(coarse, (320, 240), interpolation=cv2.INTER_CUBIC)


def shoot(
    shown: Plane, stand: Stand, *, seed: int = 0, camera: Camera = CAMERA, exposure: Exposure = PLAIN
) -> bytes:
    """The JPEG of one photo."""
    generator = torch.Generator().manual_seed(seed)
    return photograph(shown, stand, camera, scenery(generator), exposure, generator)


def decoded(jpeg: bytes) -> np.ndarray:
    """Its levels `[h w 3]`."""
    return np.array(Image.open(io.BytesIO(jpeg)))
