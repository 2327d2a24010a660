"""A run as if it had been printed: sheet.json and PDF of a board for every arm, and the boards as planes."""

from pathlib import Path

import numpy as np
import shapely

from eot.photos.rehearsal.camera import Plane
from eot.runs.product import decode_product
from textures.sheets.article import Box
from textures.sheets.fiducials import (
    DICTIONARY,
    Fiducial,
    bits_of,
    group_numbers,
    markers_around,
    side_beside,
)
from textures.sheets.layout import Paper
from textures.sheets.manifest import SCHEMA, Manifest, Marker, Page, Print, Target, encode_manifest
from textures.sheets.pen import Pen

PX_PER_MM = 4
BORDER_MM = 30.0
ARMS = ("attack", "clean", "noise", "blank")


def printed(run: Path, arms: tuple[str, ...] = ARMS) -> dict[str, Plane]:
    """Writes `article/sheet.json` into a run; the plane of every arm, the clean one grey for want of ink."""
    product = decode_product((run / "texture.safetensors").read_bytes(), "run")
    face = Box(0.0, 0.0, product.width_mm, product.height_mm)
    px_per_mm = PX_PER_MM if face.width_mm < 400 else 2
    groups = {
        arm: markers_around(face, group_numbers("abcdef12", i), side_beside(face))
        for i, arm in enumerate(arms)
    }
    attack = product.levels[0].permute(1, 2, 0).numpy()
    faces = {arm: attack if arm == "attack" else np.full_like(attack, 128) for arm in arms}
    planes = {arm: _plane(faces[arm], face, group, px_per_mm) for arm, group in groups.items()}
    border = planes["attack"].centre_mm[0] - face.width_mm / 2
    whole = (-border, -border, face.width_mm + 2 * border, face.height_mm + 2 * border)
    targets = tuple(
        Target(
            arm, "board", arm, (face.width_mm, face.height_mm), _markers(group), (), (),
            (Print(i, whole, (0.0, 0.0)),),
        )
        for i, (arm, group) in enumerate(groups.items())
    )  # fmt: skip
    pages = tuple(Page("sheets.pdf", i + 1, whole[2], whole[3]) for i in range(len(arms)))
    manifest = Manifest(
        SCHEMA, "TEST ARTICLE", "tiny", "tiny", "abcdef12", "2026-01-01", (face.width_mm, face.height_mm),
        (32, 32), "A4", 100.0, 3.0, "CutContour", 300.0, "none", (), pages, targets,
    )  # fmt: skip
    (run / "article").mkdir(exist_ok=True)
    (run / "article" / "sheet.json").write_bytes(encode_manifest(manifest))
    (run / "article" / "sheets.pdf").write_bytes(_pdf(planes, whole))
    return planes


def _pdf(planes: dict[str, Plane], whole: tuple[float, float, float, float]) -> bytes:
    """A page of the size of the board for every arm."""
    pen = Pen("tiny", "boards")
    room = Box(0, 0, whole[2], whole[3])
    for plane in planes.values():
        pen.page(Paper("board", whole[2], whole[3]))
        pen.art(plane.levels, room, shapely.MultiPolygon([shapely.box(0, 0, whole[2], whole[3])]))
    return pen.close()


def _markers(group: tuple[Fiducial, ...]) -> tuple[Marker, ...]:
    return tuple(Marker(DICTIONARY, f.number, f.side_mm, f.corners_mm) for f in group)  # type: ignore[arg-type]


def _plane(levels: np.ndarray, face: Box, group: tuple[Fiducial, ...], px_per_mm: float) -> Plane:
    """The face on white card, with the border that its markers need."""
    border = max(-marker.card.y_mm for marker in group) + 2
    size = face.width_mm + 2 * border, face.height_mm + 2 * border
    sheet = np.full((round(size[1] * px_per_mm), round(size[0] * px_per_mm), 3), 255, np.uint8)
    _fill(sheet, levels, face, border, px_per_mm)
    for marker in group:
        _fill(
            sheet,
            np.repeat(bits_of(marker.number)[..., None] * 255, 3, -1).astype(np.uint8),
            marker.box,
            border,
            px_per_mm,
        )
    centre = border + face.width_mm / 2, border + face.height_mm / 2
    return Plane(sheet, np.ones(sheet.shape[:2], np.float32), 1 / px_per_mm, centre)


def _fill(sheet: np.ndarray, levels: np.ndarray, box: Box, border: float, px_per_mm: float) -> None:
    """Nearest texels; the corners fall on whole pixels of the sheet."""
    x, y, w, h = (
        round(v * px_per_mm) for v in (box.x_mm + border, box.y_mm + border, box.width_mm, box.height_mm)
    )
    rows = np.arange(h) * levels.shape[0] // h
    columns = np.arange(w) * levels.shape[1] // w
    sheet[y : y + h, x : x + w] = levels[rows][:, columns]
