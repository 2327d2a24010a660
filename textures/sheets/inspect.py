"""Reads the printed files again and measures them: does a millimetre come out as a millimetre?"""

import io
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pikepdf
import pypdfium2
import shapely

from renders.errors import RunError
from textures.sheets.article import Box, around
from textures.sheets.cut_paths import box_of, cut_paths
from textures.sheets.manifest import BoxMm, Cell, Manifest, Marker, Page, Point, Print, Target
from textures.sheets.raster import READ_DPI, seen_in
from textures.sheets.readings import BARS_MM, bars_mm, field_error, marker_error_mm

TOLERANCE_MM = 0.2
# Colours come back exactly; a level is for viewers that round.
TOLERANCE_LEVELS = 2.0
POINTS_PER_MM = 72 / 25.4


@dataclass(frozen=True)
class Measured:
    """The worst of `count` measurements of one kind in one file, and what is allowed."""

    file: str
    what: str
    count: int
    worst: float
    allowed: float
    unit: str

    @property
    def ok(self) -> bool:
        """Whether all of them are within what is allowed."""
        return self.worst <= self.allowed


def inspect_pdf(name: str, data: bytes, manifest: Manifest) -> Iterator[Measured]:
    """Measures one of the PDFs: paper, bars, markers, fields of colour, cut lines."""
    errors: dict[str, list[float]] = {"paper": [], "bars": [], "markers": [], "colours": [], "cut lines": []}
    document = pypdfium2.PdfDocument(data)
    with pikepdf.open(io.BytesIO(data)) as pdf:
        if len(pdf.pages) != sum(page.file == name for page in manifest.pages):
            raise RunError(f"{name}: expected the pages of its sheet.json; got {len(pdf.pages)}: print anew")
        for index, page in enumerate(manifest.pages):
            if page.file != name:
                continue
            sheet = document[page.number - 1]
            errors["paper"].append(_paper_error(sheet, page))
            errors["bars"] += [abs(bar - manifest.scale_bar_mm) for bar in _bars(sheet, page)]
            for target, printed in _on(manifest, index):
                errors["markers"] += _markers(sheet, target, printed)
                errors["colours"] += _colours(sheet, target, printed)
            errors["cut lines"] += _cuts(pdf.pages[page.number - 1], page, manifest, index)
    document.close()
    for what, found in errors.items():
        if found:
            allowed, unit = (TOLERANCE_LEVELS, "levels") if what == "colours" else (TOLERANCE_MM, "mm")
            yield Measured(name, what, len(found), max(found), allowed, unit)


def _paper_error(sheet: pypdfium2.PdfPage, page: Page) -> float:
    width, height = (side / POINTS_PER_MM for side in sheet.get_size())
    return max(abs(width - page.width_mm), abs(height - page.height_mm))


def _bars(sheet: pypdfium2.PdfPage, page: Page) -> list[float]:
    """The lengths of both bars, which stand in the lower left corner."""
    corner = seen_in(sheet, Box(0, page.height_mm - BARS_MM, BARS_MM, BARS_MM))
    return bars_mm(corner.pixels, READ_DPI)


def _on(manifest: Manifest, index: int) -> Iterator[tuple[Target, Print]]:
    """What is printed on a page."""
    for target in manifest.targets:
        for printed in target.prints:
            if printed.page == index:
                yield target, printed


def _markers(sheet: pypdfium2.PdfPage, target: Target, printed: Print) -> list[float]:
    """How far the edges of the markers are off that this page shows whole, in mm."""
    found = []
    for marker in target.markers:
        if _within(_card(marker), printed.plane_mm):
            square = _moved(_square(marker), printed)
            window = seen_in(sheet, Box(*square).grown(marker.side_mm / 2))
            found.append(marker_error_mm(window.pixels, window.within(square), marker.id, READ_DPI))
    return found


def _square(marker: Marker) -> BoxMm:
    (x, y), side = marker.corners_mm[0], marker.side_mm
    return x, y, side, side


def _card(marker: Marker) -> BoxMm:
    x, y, side, _ = _square(marker)
    quiet = side / 8
    return x - quiet, y - quiet, side + 2 * quiet, side + 2 * quiet


def _colours(sheet: pypdfium2.PdfPage, target: Target, printed: Print) -> list[float]:
    """How far the fields are from their colours that this page shows whole, in levels."""
    shown: list[Cell] = [cell for cell in target.cells if _within(cell.box_mm, printed.plane_mm)]
    if not shown:
        return []
    boxes = [_moved(cell.box_mm, printed) for cell in shown]
    window = seen_in(sheet, around([Box(*box) for box in boxes]))
    return [
        field_error(window.pixels, window.within(box), cell.srgb, READ_DPI)
        for cell, box in zip(shown, boxes, strict=True)
    ]


def _cuts(pdf_page: pikepdf.Page, page: Page, manifest: Manifest, index: int) -> list[float]:
    """How far the cut lines on a page are off, in mm; infinite where one is missing or not closed."""
    found = cut_paths(pdf_page, page.height_mm, manifest.cut_spot)
    wanted = [
        _moved(_bounds(ring), printed)
        for target, printed in _on(manifest, index)
        if target.kind != "cards"
        for item in target.items
        for ring in item.cut
    ]
    if len(found) != len(wanted) or not all(path.closed for path in found):
        return [math.inf] if wanted or found else []
    if not wanted:
        return []
    boxes = np.array([box_of(path) for path in found])
    apart = np.abs(boxes[:, None] - np.array(wanted)).max(-1)
    # Each line has its nearest wanted one, and each wanted one its nearest line.
    return np.maximum(apart.min(0), apart.min(1)).tolist()


def _bounds(ring: tuple[Point, ...]) -> BoxMm:
    left, top, right, bottom = shapely.LinearRing(ring).bounds
    return left, top, right - left, bottom - top


def _within(inner: BoxMm, outer: BoxMm) -> bool:
    one, other = Box(*inner), Box(*outer).grown(1e-3)
    return (
        one.x_mm >= other.x_mm
        and one.y_mm >= other.y_mm
        and one.right_mm <= other.right_mm
        and one.bottom_mm <= other.bottom_mm
    )


def _moved(box: BoxMm, printed: Print) -> BoxMm:
    """A rectangle of the plane on its page."""
    x, y, width, height = box
    return (
        x + printed.at_mm[0] - printed.plane_mm[0],
        y + printed.at_mm[1] - printed.plane_mm[1],
        width,
        height,
    )


def inspect_files(files: Mapping[str, bytes], manifest: Manifest) -> Iterator[Measured]:
    """Measures every PDF; the outlines and pictures of pieces are measured by `inspect_pieces`."""
    for name in dict.fromkeys(page.file for page in manifest.pages):
        yield from inspect_pdf(name, files[name], manifest)
