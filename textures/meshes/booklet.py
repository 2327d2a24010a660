"""The pages of decals and paper nets as PDF: what it is and how to use it, then the patches at true size."""

import math
from dataclasses import dataclass

import numpy as np
import shapely
from reportlab.lib.colors import white

from renders.lookup import Pyramid
from textures.meshes.patch import Patch, art_of_patch, polygons, pyramid_of
from textures.meshes.solid import Solid
from textures.meshes.way import ARROW_MM, draw_arrow
from textures.sheets.article import Box
from textures.sheets.finish import finished
from textures.sheets.frame import LABEL, WARNING, Folio, draw_frame
from textures.sheets.job import CUT_SPOT
from textures.sheets.layout import BLEED_MM, PiecePage, Plan, TilePage, plan
from textures.sheets.pages import registration, size_text
from textures.sheets.pen import GREY, INK, PALE, Pen

PRINT_DPI = 300
# Of a window with more there are fewer dots per inch: paper may be 5 m wide.
MOST_PIXELS = 50_000_000
HILL_DASH_MM, VALLEY_DASH_MM = (3.0, 1.5), (3.0, 1.0, 0.6, 1.0)
PICTURE_MM = 80.0
ROW_MM = 4.4
TABLE_ROWS = 26
# The right edges of the table's columns; all of it is as wide as the last one.
COLUMNS_MM = (6.0, 30.0, 62.0, 86.0)
# On the pages of a large patch in the margin, left of the ticks and above the bar.
ARROW_AT_MM = (7.2, 30.0)
# Around a whole patch there are bleed and, beside edges without a tab, numbers.
AROUND_MM = BLEED_MM + 1.0


@dataclass(frozen=True)
class Booklet:
    """What kind of patches these are, and what to do with them."""

    name: str
    steps: tuple[str, ...]


DECALS = Booklet(
    "decals",
    (
        "Print every page at 100 %, never “fit to page”; measure the bar of 100 mm.",
        "Use adhesive film. Cut along the magenta line; the colour outside it is bleed.",
        "Stick each decal where its number is on the object (middle: see the table), turned so that "
        "its arrow points where it says: up, to the front or to the right.",
    ),
)
NET = Booklet(
    "net",
    (
        "Print every page at 100 % on card; measure the bar of 100 mm.",
        "Cut along the magenta line. Fold hills (long dashes) back, valleys (dash, dot) forward.",
        "Glue each tab behind the edge that has the same number.",
    ),
)


def booklet_pdf(solid: Solid, patches: list[Patch], booklet: Booklet, page: str) -> bytes:
    """A PDF in which a millimetre is a millimetre; the same solid gives the same bytes."""
    layout = plan([patch.box for patch in patches], page)
    count = 1 + len(layout.whole) + len(layout.tiles)
    pyramid = pyramid_of(solid)
    pen = Pen(f"{LABEL} {solid.id}: {solid.title}, {booklet.name}", f"run {solid.run_hash}")
    _cover(pen, solid, patches, booklet, (layout, count))
    number = 1
    for whole in layout.whole:
        number += 1
        named = ", ".join(str(patches[placed.piece].number) for placed in whole.placed)
        draw_frame(pen, whole.paper, solid, Folio(number, count, f"{booklet.name}: {named}"))
        _whole(pen, (solid, pyramid), patches, whole)
    for tile in layout.tiles:
        number += 1
        patch = patches[tile.piece]
        words = f"{booklet.name}: {patch.number}, page {tile.name}: row {tile.row + 1} of {tile.rows}"
        draw_frame(pen, tile.paper, solid, Folio(number, count, words))
        _tile(pen, (solid, pyramid), patch, tile)
    return finished(pen.close())


def _whole(pen: Pen, look: tuple[Solid, Pyramid], patches: list[Patch], page: PiecePage) -> None:
    for placed in page.placed:
        patch = patches[placed.piece]
        window = patch.box.grown(AROUND_MM)
        _draw(pen, look, patch, window, (placed.x_mm - patch.box.x_mm, placed.y_mm - patch.box.y_mm))
        box = patch.box.moved(placed.x_mm - patch.box.x_mm, placed.y_mm - patch.box.y_mm)
        _caption(pen, patch, box)


def _caption(pen: Pen, patch: Patch, box: Box) -> None:
    """Below a patch its number, its size if there is room, and the arrow of a decal."""
    words = f"{patch.number}   {size_text(box)}" if box.width_mm > 40 else f"{patch.number}"
    middle, baseline = box.x_mm + box.width_mm / 2, box.bottom_mm + 7.4
    arrow = None if patch.way is None else patch.way.arrow
    if arrow is None:
        pen.text(middle, baseline, words, size_mm=2.2, align="centre", colour=GREY)
        return
    name, towards = arrow
    middle -= ARROW_MM * 0.75
    width = pen.text(middle, baseline, f"{words}   {name}", size_mm=2.2, align="centre", colour=GREY)
    draw_arrow(pen, middle + width / 2 + ARROW_MM * 0.75, baseline - 0.8, towards)


def _tile(pen: Pen, look: tuple[Solid, Pyramid], patch: Patch, page: TilePage) -> None:
    """One window of a patch that is larger than the paper."""
    window, place = page.window, page.place
    dx, dy = place.x_mm - window.x_mm, place.y_mm - window.y_mm
    _draw(pen, look, patch, window, (dx, dy))
    registration(pen, page, place, patch.box.moved(dx, dy))
    arrow = None if patch.way is None else patch.way.arrow
    if arrow is not None:
        x, y = ARROW_AT_MM
        draw_arrow(pen, x, y, arrow[1])
        pen.text(x + 0.8, y + ARROW_MM, arrow[0], size_mm=2.2, align="right", colour=GREY, turn_deg=90)


def _draw(
    pen: Pen, look: tuple[Solid, Pyramid], patch: Patch, window: Box, shift: tuple[float, float]
) -> None:
    """What a window shows of a patch: ink, cut line, folds and numbers, moved to their place on the page."""
    frame = shapely.box(window.x_mm, window.y_mm, window.right_mm, window.bottom_mm)
    seen = polygons(patch.ink.intersection(frame))
    with pen.plane(*shift, within=window):
        if not seen.is_empty:
            art = art_of_patch(*look, patch, window, _dpi(window))
            pen.art(art.texels, art.box, seen)
        pen.cut(patch.outline, CUT_SPOT)
    for fold, hill in zip(patch.folds, patch.hills, strict=True):
        part = shapely.LineString(fold).intersection(frame)
        if part.geom_type == "LineString" and not part.is_empty:
            start, end = np.array(part.coords)[[0, -1]] + shift
            dash = HILL_DASH_MM if hill else VALLEY_DASH_MM
            pen.line(tuple(start), tuple(end), width_mm=0.12, colour=INK, dash_mm=dash)
    for x, y, words in patch.labels:
        if frame.contains(shapely.Point(x, y)):
            pen.text(x + shift[0], y + shift[1] + 0.6, words, size_mm=1.7, align="centre")


def _dpi(window: Box) -> float:
    """The resolution at which a window of the paper is printed."""
    square_inches = window.width_mm * window.height_mm / 25.4**2
    return min(PRINT_DPI, math.sqrt(MOST_PIXELS / square_inches))


def _cover(pen: Pen, solid: Solid, patches: list[Patch], booklet: Booklet, pages: tuple[Plan, int]) -> None:
    """The first page: the texture with the numbers on it, where each patch goes, and what to do."""
    layout, count = pages
    draw_frame(pen, layout.paper, solid, Folio(1, count, solid.title))
    room = layout.paper.printable
    title = pen.shortened(f"{solid.title}: {booklet.name}", room.width_mm, size_mm=6)
    pen.text(room.x_mm, room.y_mm + 9, title, size_mm=6, bold=True)
    size = " × ".join(f"{side:.1f}" for side in np.ptp(solid.vertices_mm, axis=0))
    counts = f"{plural(len(patches), 'piece')} on {plural(count - 1, 'page')}"
    facts = f"object {size} mm (width, height, depth) · {counts}"
    pen.text(room.x_mm, room.y_mm + 14.5, facts, size_mm=2.8, colour=GREY)
    rows, columns = solid.texels.shape[:2]
    scale = PICTURE_MM / max(rows, columns)
    picture = Box(room.x_mm, room.y_mm + 20, columns * scale, rows * scale)
    frame = shapely.box(picture.x_mm, picture.y_mm, picture.right_mm, picture.bottom_mm)
    pen.art(solid.texels, picture, shapely.MultiPolygon([frame]))
    for patch in patches[:TABLE_ROWS]:
        u, v = solid.corner_uvs[patch.faces].reshape(-1, 2).mean(0).tolist()
        _badge(pen, picture.x_mm + u * picture.width_mm, picture.bottom_mm - v * picture.height_mm, patch)
    # Small paper has less room than picture, gap and table like to have.
    left = min(room.x_mm + PICTURE_MM + 8, room.right_mm - COLUMNS_MM[-1])
    _table(pen, solid, patches, left, room.y_mm + 22)
    y = room.y_mm + 20 + max(PICTURE_MM, (min(len(patches), TABLE_ROWS) + 3) * ROW_MM) + 10
    for number, words in enumerate(booklet.steps, start=1):
        pen.text(room.x_mm, y, f"{number}", size_mm=2.8, bold=True)
        y = pen.paragraph(room.x_mm + 5, y, words, room.width_mm - 5, size_mm=2.8, lead_mm=5.2)
    pen.paragraph(room.x_mm, y + 2, WARNING, room.width_mm, size_mm=2.8, lead_mm=5.2, bold=True)


def plural(count: int, noun: str) -> str:
    """A number with its noun."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _badge(pen: Pen, x_mm: float, y_mm: float, patch: Patch) -> None:
    disc = shapely.Point(x_mm, y_mm).buffer(2.4)
    pen.shape(shapely.MultiPolygon([disc]), fill=white, stroke=INK, width_mm=0.15)
    pen.text(x_mm, y_mm + 0.9, str(patch.number), size_mm=2.4, bold=True, align="centre")


def _table(pen: Pen, solid: Solid, patches: list[Patch], x_mm: float, y_mm: float) -> None:
    """Number, size, place of the middle on the object, and how well the patch fits."""
    heads = ("no.", "size, mm", "middle x, y, z, mm", "surface / paper")
    for right, words in zip(COLUMNS_MM, heads, strict=True):
        pen.text(x_mm + right, y_mm, words, size_mm=2.3, align="right", colour=GREY)
    pen.line((x_mm, y_mm + 1.4), (x_mm + COLUMNS_MM[-1], y_mm + 1.4), colour=PALE)
    for row, patch in enumerate(patches[:TABLE_ROWS], start=1):
        middle = solid.vertices_mm[solid.faces[patch.faces]].reshape(-1, 3).mean(0)
        cells = (
            str(patch.number),
            f"{patch.box.width_mm:.1f} × {patch.box.height_mm:.1f}",
            ", ".join(f"{side:z.0f}" for side in middle),
            f"{patch.stretch.low:.2f} … {patch.stretch.high:.2f}",
        )
        for right, words in zip(COLUMNS_MM, cells, strict=True):
            pen.text(x_mm + right, y_mm + row * ROW_MM + 1, words, size_mm=2.4, align="right")
    if len(patches) > TABLE_ROWS:
        rest = f"and {len(patches) - TABLE_ROWS} more in the .json beside this file"
        pen.text(x_mm, y_mm + (TABLE_ROWS + 1) * ROW_MM + 1, rest, size_mm=2.3, colour=GREY)
