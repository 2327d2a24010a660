"""The pages to cut: whole pieces at true size, and the windows of pieces that are larger than the paper."""

import math

import numpy as np
import shapely

from textures.sheets.article import Art, Article, Box, Piece, art_of
from textures.sheets.frame import TICK_GAP_MM, TICK_MM, Folio, crop_marks, draw_frame
from textures.sheets.layout import BLEED_MM, OVERLAP_MM, PiecePage, TilePage
from textures.sheets.pen import GREY, Pen

# Texels are enlarged here, not by the printer, which would smooth them.
PRINT_DPI = 300


def enlarged(art: Art, texel_mm: tuple[float, float]) -> Art:
    """The same art in whole blocks of pixels of at least 300 dpi."""
    across, down = (max(1, math.ceil(PRINT_DPI / 25.4 * size - 1e-9)) for size in texel_mm)
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
        (right - left) * width,
        (bottom - top) * height,
    )
    return Art(np.ascontiguousarray(art.texels[top:bottom, left:right]), covered)


def moved(box: Box, dx_mm: float, dy_mm: float) -> Box:
    """The rectangle somewhere else."""
    return Box(box.x_mm + dx_mm, box.y_mm + dy_mm, box.width_mm, box.height_mm)


def around(boxes: list[Box]) -> Box:
    """The smallest rectangle that holds all of these."""
    left, top = min(b.x_mm for b in boxes), min(b.y_mm for b in boxes)
    return Box(left, top, max(b.right_mm for b in boxes) - left, max(b.bottom_mm for b in boxes) - top)


def shifted(shape: shapely.MultiPolygon, dx_mm: float, dy_mm: float) -> shapely.MultiPolygon:
    """The polygons somewhere else."""
    return shapely.transform(shape, lambda xy: xy + np.array([dx_mm, dy_mm]))


def with_bleed(outline: shapely.MultiPolygon) -> shapely.MultiPolygon:
    """The area that is inked: the piece and 3 mm around its cut line."""
    grown = outline.buffer(BLEED_MM)
    return grown if isinstance(grown, shapely.MultiPolygon) else shapely.MultiPolygon([grown])


def size_text(box: Box) -> str:
    """Width and height in mm."""
    return f"{box.width_mm:.1f} × {box.height_mm:.1f} mm"


def draw_piece_page(
    pen: Pen, article: Article, pieces: list[Piece], page: PiecePage, folio: Folio, *, spot: str
) -> None:
    """Whole pieces with bleed, crop marks, cut line and number."""
    draw_frame(pen, page.paper, article, folio)
    boxes: list[Box] = []
    for placed in page.placed:
        piece = pieces[placed.piece]
        dx, dy = placed.x_mm - piece.box.x_mm, placed.y_mm - piece.box.y_mm
        art = enlarged(art_of(article, piece, BLEED_MM), article.texel_mm)
        outline = shifted(piece.outline, dx, dy)
        pen.art(art.texels, moved(art.box, dx, dy), with_bleed(outline))
        pen.cut(outline, spot)
        box = moved(piece.box, dx, dy)
        boxes.append(box)
        crop_marks(pen, box)
        words = f"{piece.number}   {size_text(box)}" if box.width_mm > 40 else f"{piece.number}"
        middle = box.x_mm + box.width_mm / 2
        pen.text(middle, box.bottom_mm + 7.4, words, size_mm=2.2, align="centre", colour=GREY)
    pen.trim(around(boxes), BLEED_MM)


def draw_tile_page(
    pen: Pen, article: Article, piece: Piece, page: TilePage, folio: Folio, *, spot: str
) -> None:
    """One window of a large piece; the ticks in the margin show its edges and what it shares."""
    draw_frame(pen, page.paper, article, folio)
    room = page.paper.printable
    window = Box(
        room.x_mm + (room.width_mm - page.window.width_mm) / 2,
        room.y_mm + (room.height_mm - page.window.height_mm) / 2,
        page.window.width_mm,
        page.window.height_mm,
    )
    dx, dy = window.x_mm - page.window.x_mm, window.y_mm - page.window.y_mm
    art = cropped(art_of(article, piece, BLEED_MM), page.window, article.texel_mm)
    art = enlarged(art, article.texel_mm)
    outline = shifted(piece.outline, dx, dy)
    frame = shapely.box(window.x_mm, window.y_mm, window.right_mm, window.bottom_mm)
    seen = with_bleed(outline).intersection(frame)
    parts = [p for p in shapely.get_parts(seen) if isinstance(p, shapely.Polygon)]
    if parts:
        pen.art(art.texels, moved(art.box, dx, dy), shapely.MultiPolygon(parts))
    pen.cut(outline, spot, within=window)
    pen.trim(window)
    registration(pen, page, window, moved(piece.box, dx, dy))


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
