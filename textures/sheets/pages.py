"""The pages to cut: whole pieces at true size, and the windows of pieces that are larger than the paper."""

import math

import numpy as np
import shapely

from textures.sheets.article import Art, Box, Piece, around, art_of
from textures.sheets.frame import TICK_GAP_MM, TICK_MM, Folio, crop_marks, draw_frame
from textures.sheets.job import Order, Sheet
from textures.sheets.layout import BLEED_MM, OVERLAP_MM, TilePage
from textures.sheets.pen import GREY, Pen
from textures.sheets.surround import draw_surround

# What takes many pages is looked at from farther away.
LARGE = 0.5
# Pictures with more have fewer dots per inch: one takes 25 bytes a pixel in the making.
MOST_PIXELS = 100_000_000


def enlarged(art: Art, texel_mm: tuple[float, float], dpi: float) -> Art:
    """The same art in whole blocks of pixels of at least this resolution, or of as much as memory allows.

    Texels are enlarged here, not by the printer, which would smooth them.
    """
    across, down = (max(1, math.ceil(dpi / 25.4 * size - 1e-9)) for size in texel_mm)
    rows, columns = art.texels.shape[:2]
    over = math.sqrt(rows * down * columns * across / MOST_PIXELS)
    if over > 1:
        across, down = (max(1, math.floor(count / over)) for count in (across, down))
    return Art(art.texels.repeat(down, 0).repeat(across, 1), art.box)


def cropped(art: Art, window: Box, texel_mm: tuple[float, float]) -> Art:
    """The whole texels that a window of the face touches, and the rectangle they cover."""
    rows, columns = art.texels.shape[:2]
    width, height = texel_mm
    left = max(0, math.floor((window.x_mm - art.box.x_mm) / width + 1e-9))
    top = max(0, math.floor((window.y_mm - art.box.y_mm) / height + 1e-9))
    right = min(columns, math.ceil((window.right_mm - art.box.x_mm) / width - 1e-9))
    bottom = min(rows, math.ceil((window.bottom_mm - art.box.y_mm) / height - 1e-9))
    covered = Box(
        art.box.x_mm + left * width,
        art.box.y_mm + top * height,
        max(0, right - left) * width,
        max(0, bottom - top) * height,
    )
    return Art(np.ascontiguousarray(art.texels[top : max(top, bottom), left : max(left, right)]), covered)


def with_bleed(outline: shapely.MultiPolygon) -> shapely.MultiPolygon:
    """The area that is inked: the piece and 3 mm around its cut line."""
    grown = outline.buffer(BLEED_MM)
    return grown if isinstance(grown, shapely.MultiPolygon) else shapely.MultiPolygon([grown])


def size_text(box: Box) -> str:
    """Width and height in mm."""
    return f"{box.width_mm:.1f} × {box.height_mm:.1f} mm"


def draw_face(pen: Pen, sheet: Sheet, piece: Piece, order: Order, window: Box | None = None) -> None:
    """A piece with bleed, cut line and the frame of its face, or what of it a window shows."""
    art = art_of(sheet.article, piece, BLEED_MM)
    dpi = order.dpi if window is None else order.dpi * LARGE
    art = art if window is None else cropped(art, window, sheet.article.texel_mm)
    if art.texels.size:
        art = enlarged(art, sheet.article.texel_mm, dpi)
        pen.art(art.texels, art.box, with_bleed(piece.outline))
    pen.cut(piece.outline, order.spot)
    if sheet.frame is not None and (window is None or sheet.frame.seen_in(window)):
        draw_surround(pen, sheet.frame, sheet.article, sheet.arm)


def draw_piece_page(pen: Pen, sheet: Sheet, index: int, folio: Folio, order: Order) -> None:
    """Whole pieces with bleed, crop marks, cut line and number."""
    page, markers = sheet.layout.whole[index], sheet.pages[index]
    draw_frame(pen, page.paper, sheet.article, folio)
    if markers is not None:
        draw_surround(pen, markers, sheet.article, sheet.arm)
    cuts: list[Box] = []
    for placed in page.placed:
        piece, box = sheet.pieces[placed.piece], sheet.box(placed.piece)
        dx, dy = placed.x_mm - box.x_mm, placed.y_mm - box.y_mm
        with pen.plane(dx, dy):
            draw_face(pen, sheet, piece, order)
        crop_marks(pen, box.moved(dx, dy))
        cuts.append(piece.box.moved(dx, dy))
        words = f"{piece.number}   {size_text(piece.box)}" if box.width_mm > 40 else f"{piece.number}"
        middle = placed.x_mm + box.width_mm / 2
        pen.text(middle, placed.y_mm + box.height_mm + 7.4, words, size_mm=2.2, align="centre", colour=GREY)
    pen.trim(around(cuts), BLEED_MM)


def draw_tile_page(pen: Pen, sheet: Sheet, tile: TilePage, folio: Folio, order: Order) -> None:
    """One window of a large piece; the ticks in the margin show its edges and what it shares."""
    draw_frame(pen, tile.paper, sheet.article, folio)
    window, place = tile.window, tile.place
    dx, dy = place.x_mm - window.x_mm, place.y_mm - window.y_mm
    with pen.plane(dx, dy, within=window):
        draw_face(pen, sheet, sheet.pieces[tile.piece], order, window)
    pen.trim(place)
    registration(pen, tile, place, sheet.box(tile.piece).moved(dx, dy))


def registration(pen: Pen, page: TilePage, window: Box, cut: Box) -> None:
    """Ticks where a neighbour begins and ends, with its name, and crop marks on the sides that have none."""
    columns, rows = [], []
    neighbours: list[tuple[float | None, float | None, str]] = []
    for step, edge, end in ((-1, window.x_mm, cut.x_mm), (1, window.right_mm, cut.right_mm)):
        if 0 <= page.column + step < page.columns:
            columns += [edge, edge - step * OVERLAP_MM]
            neighbours.append((edge - step * OVERLAP_MM / 2, None, page.beside(0, step)))
        else:
            columns.append(end)
    for step, edge, end in ((-1, window.y_mm, cut.y_mm), (1, window.bottom_mm, cut.bottom_mm)):
        if 0 <= page.row + step < page.rows:
            rows += [edge, edge - step * OVERLAP_MM]
            neighbours.append((None, edge - step * OVERLAP_MM / 2, page.beside(step, 0)))
        else:
            rows.append(end)
    near, far = TICK_GAP_MM, TICK_GAP_MM + TICK_MM
    for x in columns:
        pen.line((x, window.y_mm - near), (x, window.y_mm - far))
        pen.line((x, window.bottom_mm + near), (x, window.bottom_mm + far))
    for y in rows:
        pen.line((window.x_mm - near, y), (window.x_mm - far, y))
        pen.line((window.right_mm + near, y), (window.right_mm + far, y))
    for x_middle, y_middle, name in neighbours:
        if x_middle is not None:
            pen.text(x_middle, window.y_mm - 0.8, name, size_mm=1.8, align="centre", colour=GREY)
        if y_middle is not None:
            pen.text(window.x_mm - 0.8, y_middle, name, size_mm=1.8, align="centre", colour=GREY, turn_deg=90)
