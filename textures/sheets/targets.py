"""Where everything on the sheets of one arm is: their entries in the manifest, from the layout alone."""

from collections.abc import Sequence
from itertools import groupby

import shapely

from textures.sheets.article import Article, Box, Piece
from textures.sheets.job import Sheet
from textures.sheets.layout import PiecePage, TilePage
from textures.sheets.manifest import BoxMm, Item, Point, Print, Target
from textures.sheets.surround import Surround, entry_of


def targets_of(sheet: Sheet, first: int) -> list[Target]:
    """The planes that these sheets show; `first` is the index of the first page in the manifest."""
    whole, tiles = sheet.layout.whole, sheet.layout.tiles
    found = []
    if sheet.frame is None:
        for i, page in enumerate(whole):
            found.append(_page(sheet, page, i, first + i))
        for piece, windows in groupby(enumerate(tiles), lambda tile: tile[1].piece):
            prints = tuple(_print_of(tile, first + len(whole) + i) for i, tile in windows)
            name = f"{sheet.arm}-piece-{sheet.pieces[piece].number}"
            items = (piece_item(sheet.article, sheet.pieces[piece]),)
            found.append(Target(name, "tiles", sheet.arm, _face_mm(sheet.article), (), items, (), prints))
        return found
    box = sheet.frame.box
    placed = [(first + i, place) for i, page in enumerate(whole) for place in page.placed]
    prints = tuple(Print(i, rounded(box), _point(place.x_mm, place.y_mm)) for i, place in placed)
    prints += tuple(_print_of(tile, first + len(whole) + i) for i, tile in enumerate(tiles))
    return [_board(sheet, sheet.frame, prints)]


def _board(sheet: Sheet, frame: Surround, prints: tuple[Print, ...]) -> Target:
    article = sheet.article
    width, height = _face_mm(article)
    rows, columns = article.face.shape[1:]
    cut = tuple(ring for piece in sheet.pieces for ring in rings_of(piece.outline))
    face = Item("face", "face", (0.0, 0.0, width, height), (0.0, 0.0), (columns, rows), article.texel_mm, cut)
    markers = tuple(entry_of(marker) for marker in frame.markers)
    return Target(sheet.arm, "board", sheet.arm, (width, height), markers, (face,), frame.cells, prints)


def _page(sheet: Sheet, page: PiecePage, number: int, index: int) -> Target:
    items = []
    for placed in page.placed:
        piece = sheet.pieces[placed.piece]
        dx, dy = placed.x_mm - piece.box.x_mm, placed.y_mm - piece.box.y_mm
        items.append(piece_item(sheet.article, piece, dx, dy))
    surround = sheet.pages[number]
    markers = tuple(entry_of(marker) for marker in surround.markers) if surround else ()
    cells = surround.cells if surround else ()
    size = (page.paper.width_mm, page.paper.height_mm)
    whole = Print(index, (0.0, 0.0, *size), (0.0, 0.0))
    name = f"{sheet.arm}-page-{number + 1}"
    return Target(name, "page", sheet.arm, size, markers, tuple(items), cells, (whole,))


def piece_item(article: Article, piece: Piece, dx_mm: float = 0.0, dy_mm: float = 0.0) -> Item:
    """A piece, moved from its place on the face."""
    outline = shapely.affinity.translate(piece.outline, dx_mm, dy_mm)
    rows, columns = piece.inside.shape
    return Item(
        "piece",
        f"piece-{piece.number}",
        rounded(piece.box.moved(dx_mm, dy_mm)),
        _point(piece.box.x_mm, piece.box.y_mm),
        (columns, rows),
        article.texel_mm,
        rings_of(outline),
    )


def rings_of(shape: shapely.MultiPolygon) -> tuple[tuple[Point, ...], ...]:
    """The closed rings of polygons with holes, to 0.001 mm; the first point is not repeated."""
    rings: Sequence[shapely.LinearRing] = [
        ring for part in shape.geoms for ring in (part.exterior, *part.interiors)
    ]
    return tuple(tuple(_point(x, y) for x, y in ring.coords[:-1]) for ring in rings)


def rounded(box: Box) -> BoxMm:
    """A rectangle to 0.001 mm."""
    return round(box.x_mm, 3), round(box.y_mm, 3), round(box.width_mm, 3), round(box.height_mm, 3)


def _print_of(tile: TilePage, index: int) -> Print:
    place = tile.place
    return Print(index, rounded(tile.window), _point(place.x_mm, place.y_mm))


def _point(x_mm: float, y_mm: float) -> Point:
    return round(x_mm, 3), round(y_mm, 3)


def _face_mm(article: Article) -> Point:
    return article.width_mm, article.height_mm
