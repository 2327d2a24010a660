"""Pages to read, not to cut: where the pieces go on the face, and how large pieces are assembled."""

import math

import numpy as np
import shapely
from PIL import Image
from reportlab.lib.colors import white

from textures.sheets.article import Art, Article, Box, Piece, art_of
from textures.sheets.frame import WARNING, Folio, draw_frame
from textures.sheets.layout import OVERLAP_MM, Paper, TilePage
from textures.sheets.pages import size_text
from textures.sheets.pen import GREY, INK, PALE, Pen

CARD_MM = (85.60, 53.98)  # ISO/IEC 7810 ID-1: a bank card, which everybody has at hand
CARD_CORNER_MM = 3.18
ROW_MM = 4.4
TABLE_ROWS = 18
DRAWING_DPI = 150
# On paper of metres a drawing shows as much with fewer dots per inch.
MOST_PIXELS = 25_000_000

STEPS = (
    "Print every page at 100 %, never “fit to page”.",
    "Measure both bars of 100 mm, or lay a bank card on its outline.",
    "Cut along the magenta line; the colour outside it is bleed.",
    "Put each piece where the drawing shows it. Distances are from the left and top edge of the face to "
    "the piece's own edges.",
)


def fitted(size_mm: tuple[float, float], room: Box) -> tuple[Box, float]:
    """The largest rectangle of these proportions in a room, centred at its top, and its scale (at most 1)."""
    scale = min(1.0, room.width_mm / size_mm[0], room.height_mm / size_mm[1])
    width, height = size_mm[0] * scale, size_mm[1] * scale
    return Box(room.x_mm + (room.width_mm - width) / 2, room.y_mm, width, height), scale


def onto(shape: shapely.MultiPolygon, origin: Box, scale: float) -> shapely.MultiPolygon:
    """Polygons of the face drawn to scale with the face's corner at the corner of `origin`."""
    return shapely.transform(shape, lambda xy: xy * scale + np.array([origin.x_mm, origin.y_mm]))


def _picture(pen: Pen, art: Art, onto_box: Box, within: shapely.MultiPolygon) -> None:
    """An image reduced to what a drawing of this size shows."""
    square_inches = onto_box.width_mm * onto_box.height_mm / 25.4**2
    dpi = min(DRAWING_DPI, math.sqrt(MOST_PIXELS / square_inches))
    limit = [max(1, round(side / 25.4 * dpi)) for side in (onto_box.width_mm, onto_box.height_mm)]
    rows, columns = art.texels.shape[:2]
    size = (min(columns, limit[0]), min(rows, limit[1]))
    small = Image.fromarray(art.texels).resize(size, Image.Resampling.BOX)
    # Blocks stay blocks in viewers that smooth: enlarge by whole numbers to the drawing's resolution.
    across, down = max(1, limit[0] // size[0]), max(1, limit[1] // size[1])
    pen.art(np.asarray(small).repeat(down, 0).repeat(across, 1), onto_box, within)


def _badge(pen: Pen, x_mm: float, y_mm: float, words: str, size_mm: float = 3.0) -> None:
    radius = size_mm * 0.85 if len(words) < 3 else size_mm * 1.15
    disc = shapely.Point(x_mm, y_mm).buffer(radius)
    pen.shape(shapely.MultiPolygon([disc]), fill=white, stroke=INK, width_mm=0.15)
    pen.text(x_mm, y_mm + size_mm * 0.36, words, size_mm=size_mm, bold=True, align="centre")


def _dimension(pen: Pen, start: tuple[float, float], end: tuple[float, float], words: str) -> None:
    """A dimension line with end strokes and its length; horizontal or vertical."""
    pen.line(start, end, colour=GREY)
    upright = start[0] == end[0]
    for x, y in (start, end):
        stroke = ((x - 1, y), (x + 1, y)) if upright else ((x, y - 1), (x, y + 1))
        pen.line(*stroke, colour=GREY)
    middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    if upright:
        pen.text(middle[0] + 3.4, middle[1], words, size_mm=2.4, align="centre", colour=GREY, turn_deg=90)
    else:
        pen.text(middle[0], middle[1] + 3.4, words, size_mm=2.4, align="centre", colour=GREY)


def draw_placement(pen: Pen, article: Article, pieces: list[Piece], paper: Paper, folio: Folio) -> None:
    """The first page: what this is, where the pieces go, and three things to measure."""
    draw_frame(pen, paper, article, folio)
    room = paper.printable
    pen.text(
        room.x_mm, room.y_mm + 9, pen.shortened(article.title, room.width_mm, size_mm=6), size_mm=6, bold=True
    )
    count = f"{len(pieces)} piece" + ("s" if len(pieces) > 1 else "")
    facts = f"face {article.width_mm:g} × {article.height_mm:g} mm · {count} · "
    space = Box(room.x_mm, room.y_mm + 20, room.width_mm - 14, room.height_mm - 20 - 118)
    face, scale = fitted((article.width_mm, article.height_mm), space)
    ratio = f"drawn at 1 : {1 / scale:.3g}" if scale < 1 else "drawn at true size"
    pen.text(room.x_mm, room.y_mm + 14.5, facts + ratio, size_mm=2.8, colour=GREY)
    _picture(pen, Art(article.texels, face), face, face.shape)
    pen.box(face, stroke=PALE)
    _dimension(
        pen, (face.x_mm, face.bottom_mm + 3), (face.right_mm, face.bottom_mm + 3), f"{article.width_mm:g} mm"
    )
    _dimension(
        pen, (face.right_mm + 3, face.y_mm), (face.right_mm + 3, face.bottom_mm), f"{article.height_mm:g} mm"
    )
    for piece in pieces:
        outline = onto(piece.outline, face, scale)
        pen.shape(outline, stroke=white, width_mm=0.7)
        pen.shape(outline, stroke=INK, width_mm=0.25)
        inner = outline.representative_point()
        _badge(pen, inner.x, inner.y, str(piece.number))
    _table(pen, pieces, room.x_mm, room.bottom_mm - 104)
    _checks(pen, room)


def _table(pen: Pen, pieces: list[Piece], x_mm: float, y_mm: float) -> None:
    """Where each piece goes, in mm of the face."""
    columns = (("piece", 0.0), ("from left", 22.0), ("from top", 40.0), ("width", 56.0), ("height", 72.0))
    pen.text(x_mm, y_mm, "Placement, mm", size_mm=3.2, bold=True)
    y = y_mm + 6
    for name, offset in columns:
        align = "left" if offset == 0 else "right"
        pen.text(x_mm + offset, y, name, size_mm=2.3, align=align, colour=GREY)
    pen.line((x_mm, y + 1.4), (x_mm + 72, y + 1.4), colour=PALE)
    for piece in pieces[:TABLE_ROWS]:
        y += ROW_MM
        box = piece.box
        pen.text(x_mm, y + 1, str(piece.number), size_mm=2.6, bold=True)
        for (_, offset), value in zip(
            columns[1:], (box.x_mm, box.y_mm, box.width_mm, box.height_mm), strict=True
        ):
            pen.text(x_mm + offset, y + 1, f"{value:.1f}", size_mm=2.6, align="right")
    if len(pieces) > TABLE_ROWS:
        rest = f"and {len(pieces) - TABLE_ROWS} more in sheet.json"
        pen.text(x_mm, y + ROW_MM + 1, rest, size_mm=2.4, colour=GREY)


def _checks(pen: Pen, room: Box) -> None:
    """A card's outline and the steps, at the lower right."""
    left = room.right_mm - CARD_MM[0]
    card = Box(left, room.bottom_mm - 3 - CARD_MM[1], *CARD_MM)
    rounded = shapely.box(card.x_mm, card.y_mm, card.right_mm, card.bottom_mm).buffer(-CARD_CORNER_MM)
    pen.shape(shapely.MultiPolygon([rounded.buffer(CARD_CORNER_MM)]), stroke=GREY, width_mm=0.2)
    words = "lay a bank card here: it must fit"
    pen.text(card.x_mm + CARD_MM[0] / 2, card.y_mm + 28, words, size_mm=2.4, align="centre", colour=GREY)
    y = room.bottom_mm - 104
    pen.text(left, y, "Steps", size_mm=3.2, bold=True)
    y += 5.8
    for number, words in enumerate(STEPS, start=1):
        pen.text(left, y, f"{number}", size_mm=2.4, bold=True)
        y = pen.paragraph(left + 4, y, words, CARD_MM[0] - 4, size_mm=2.4, lead_mm=4.8)
    pen.paragraph(left, y + 4.8, WARNING, CARD_MM[0], size_mm=2.3, lead_mm=4.8, bold=True)


def draw_assembly(
    pen: Pen, article: Article, mapped: list[tuple[Piece, list[TilePage]]], paper: Paper, folio: Folio
) -> None:
    """The last page: a map of the windows of each large piece."""
    draw_frame(pen, paper, article, folio)
    room = paper.printable
    pen.text(room.x_mm, room.y_mm + 9, "Assembly of the large pieces", size_mm=5, bold=True)
    words = (
        f"Neighbouring pages share {OVERLAP_MM:g} mm. Cut each page at left and top ticks that name another, "
        "lay it over that one so that the ticks meet, glue, then cut along the magenta line."
    )
    pen.paragraph(room.x_mm, room.y_mm + 15, words, room.width_mm, size_mm=2.6, lead_mm=4.2, colour=GREY)
    top, share = room.y_mm + 30, (room.height_mm - 34) / len(mapped)
    for i, (piece, tiles) in enumerate(mapped):
        space = Box(room.x_mm + 4, top + i * share + 6, room.width_mm - 8, share - 12)
        pen.text(room.x_mm, top + i * share + 2, f"Piece {piece.number}", size_mm=3.2, bold=True)
        used = f"{size_text(piece.box)} · {len(tiles)} pages"
        pen.text(room.x_mm + 20, top + i * share + 2, used, size_mm=2.6, colour=GREY)
        _map(pen, article, piece, tiles, space)


def _map(pen: Pen, article: Article, piece: Piece, tiles: list[TilePage], space: Box) -> None:
    """The windows of one piece over its picture, to scale."""
    first, last = tiles[0].window, tiles[-1].window
    size = (last.right_mm - first.x_mm, last.bottom_mm - first.y_mm)
    place, scale = fitted(size, space)
    origin = Box(place.x_mm - first.x_mm * scale, place.y_mm - first.y_mm * scale, 0, 0)
    outline = onto(piece.outline, origin, scale)
    art = art_of(article, piece, 0.0)
    box = Box(
        origin.x_mm + art.box.x_mm * scale,
        origin.y_mm + art.box.y_mm * scale,
        art.box.width_mm * scale,
        art.box.height_mm * scale,
    )
    _picture(pen, art, box, outline)
    pen.shape(outline, stroke=INK, width_mm=0.2)
    for tile in tiles:
        window = Box(
            origin.x_mm + tile.window.x_mm * scale,
            origin.y_mm + tile.window.y_mm * scale,
            tile.window.width_mm * scale,
            tile.window.height_mm * scale,
        )
        pen.box(window, stroke=GREY, width_mm=0.15)
        middle = (window.x_mm + window.width_mm / 2, window.y_mm + window.height_mm / 2)
        _badge(pen, *middle, tile.name)
