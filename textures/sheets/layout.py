"""Where everything goes: pieces packed on pages, or in overlapping windows when no page is large enough."""

import math
import re
from dataclasses import dataclass

from renders.errors import InputError, nearest
from textures.sheets.article import Box

# 5 mm that no office printer reaches, and 7 mm for the label, the scale bar and the registration ticks.
MARGIN_MM = 12.0
# What neighbouring windows share: a hand's tolerance in gluing.
OVERLAP_MM = 10.0
# Art beyond the cut line, so that a cut half a millimetre off shows no white.
BLEED_MM = 3.0
# Room around a piece for bleed and crop marks.
ROOM_MM = 9.0
# The first page has a table and a card's outline side by side; a PDF page has at most 14,400 points.
SMALLEST_MM, LARGEST_MM = (195.0, 250.0), 5000.0


@dataclass(frozen=True)
class Paper:
    """A size of paper, standing or lying."""

    name: str
    width_mm: float
    height_mm: float

    @property
    def turned(self) -> "Paper":
        """The same paper the other way up."""
        return Paper(self.name, self.height_mm, self.width_mm)

    @property
    def printable(self) -> Box:
        """The page within the margins."""
        return Box(MARGIN_MM, MARGIN_MM, self.width_mm - 2 * MARGIN_MM, self.height_mm - 2 * MARGIN_MM)

    def between(self, band_mm: float) -> Box:
        """The page within the margins, less a band at the top and one at the bottom."""
        room = self.printable
        return Box(room.x_mm, room.y_mm + band_mm, room.width_mm, room.height_mm - 2 * band_mm)


PAPERS = {
    "A4": Paper("A4", 210, 297),
    "A3": Paper("A3", 297, 420),
    "Letter": Paper("Letter", 215.9, 279.4),
    "Tabloid": Paper("Tabloid", 279.4, 431.8),
}


@dataclass(frozen=True)
class Placed:
    """A whole piece (index into the list) whose outline has its top-left corner here on the page."""

    piece: int
    x_mm: float
    y_mm: float


@dataclass(frozen=True)
class PiecePage:
    """A page of whole pieces."""

    paper: Paper
    placed: tuple[Placed, ...]


@dataclass(frozen=True)
class TilePage:
    """A window of a piece that is larger than the paper; `window` is in mm of the face, with bleed."""

    paper: Paper
    piece: int
    row: int
    column: int
    rows: int
    columns: int
    window: Box

    @property
    def place(self) -> Box:
        """Where the window lies on the page: in its middle."""
        room = self.paper.printable
        x = room.x_mm + (room.width_mm - self.window.width_mm) / 2
        y = room.y_mm + (room.height_mm - self.window.height_mm) / 2
        return Box(x, y, self.window.width_mm, self.window.height_mm)

    @property
    def name(self) -> str:
        """Row letter and column number: A1 is the top left."""
        return self.beside(0, 0)

    def beside(self, down: int, right: int) -> str:
        """The name of a neighbouring window."""
        return f"{_letters(self.row + down)}{self.column + right + 1}"


@dataclass(frozen=True)
class Plan:
    """All pages that carry art."""

    paper: Paper
    whole: tuple[PiecePage, ...]
    tiles: tuple[TilePage, ...]


def _letters(row: int) -> str:
    """A ... Z, AA, AB ... like the columns of a spreadsheet."""
    text = ""
    while row >= 0:
        row, rest = divmod(row, 26)
        text = chr(ord("A") + rest) + text
        row -= 1
    return text


def windows(length_mm: float, room_mm: float) -> list[tuple[float, float]]:
    """(start, length) of the fewest equal windows of at most `room_mm` that overlap and cover the length."""
    count = max(1, math.ceil((length_mm - OVERLAP_MM) / (room_mm - OVERLAP_MM) - 1e-9))
    size = (length_mm + (count - 1) * OVERLAP_MM) / count
    return [(i * (size - OVERLAP_MM), size) for i in range(count)]


def paper_named(name: str) -> Paper:
    """The paper of this name, or of a size such as 300x450 in millimetres."""
    if name in PAPERS:
        return PAPERS[name]
    size = re.fullmatch(r"(\d+(?:\.\d+)?)\s*[x×]\s*(\d+(?:\.\d+)?)(?:\s*mm)?", name.strip())
    if size is None:
        known = nearest(name, [*PAPERS, "auto"])
        raise InputError(f"expected a page size or WIDTHxHEIGHT in mm; got {name!r}: {known}")
    width, height = float(size[1]), float(size[2])
    if min(width, height) < SMALLEST_MM[0] or not SMALLEST_MM[1] <= max(width, height) <= LARGEST_MM:
        least = "x".join(f"{side:g}" for side in SMALLEST_MM)
        raise InputError(
            f"expected paper of {least} mm to {LARGEST_MM:g} mm; got {width:g}x{height:g} mm: take another"
        )
    return Paper(f"{width:g}x{height:g} mm", width, height)


def paper_for(name: str, sizes: list[tuple[float, float]], band_mm: float = 0.0) -> Paper:
    """The paper of this name. `auto` is A4 if every piece fits on it whole, else A3, else A4 in tiles."""
    if name != "auto":
        return paper_named(name)
    for candidate in (PAPERS["A4"], PAPERS["A3"]):
        if all(_fits_some_way(size, candidate, band_mm) for size in sizes):
            return candidate
    return PAPERS["A4"]


def _fits(size: tuple[float, float], paper: Paper, band_mm: float) -> bool:
    room = paper.between(band_mm)
    return size[0] + 2 * ROOM_MM <= room.width_mm and size[1] + 2 * ROOM_MM <= room.height_mm


def _fits_some_way(size: tuple[float, float], paper: Paper, band_mm: float) -> bool:
    return _fits(size, paper, band_mm) or _fits(size, paper.turned, band_mm)


def plan(boxes: list[Box], page: str = "auto", band_mm: float = 0.0) -> Plan:
    """Pages for pieces with these rectangles on the face: whole ones packed, larger ones in tiles.

    `band_mm` is kept free at the top and at the bottom of pages with whole pieces.
    """
    sizes = [(box.width_mm, box.height_mm) for box in boxes]
    paper = paper_for(page, sizes, band_mm)
    fitting = {i: size for i, size in enumerate(sizes) if _fits_some_way(size, paper, band_mm)}
    standing = {i: s for i, s in fitting.items() if _fits(s, paper, band_mm)}
    lying = {i: s for i, s in fitting.items() if _fits(s, paper.turned, band_mm)}
    # Everything on one way of the paper where that needs fewer pages; the rest follows the other way.
    ways = (paper, paper.turned)
    choices = [
        _packed(standing, fitting, ways, band_mm),
        _packed(lying, fitting, (paper.turned, paper), band_mm),
    ]
    fewest = min(choices, key=lambda pages: len(pages))
    tiles = [t for i, box in enumerate(boxes) if i not in fitting for t in tiled(i, box, paper)]
    return Plan(paper, tuple(fewest), tuple(tiles))


def _packed(
    here: dict[int, tuple[float, float]],
    all_: dict[int, tuple[float, float]],
    ways: tuple[Paper, Paper],
    band_mm: float,
) -> list[PiecePage]:
    rest = {i: size for i, size in all_.items() if i not in here}
    return [*_shelves(here, ways[0], band_mm), *_shelves(rest, ways[1], band_mm)]


def _shelves(sizes: dict[int, tuple[float, float]], paper: Paper, band_mm: float) -> list[PiecePage]:
    """Pieces in their order, left to right in rows, row under row, page after page."""
    room = paper.between(band_mm)
    pages: list[list[Placed]] = []
    x = y = row_height = math.inf
    for i, (piece_width, piece_height) in sizes.items():
        width, height = piece_width + 2 * ROOM_MM, piece_height + 2 * ROOM_MM
        if x + width > room.right_mm + 1e-9:
            x, y, row_height = room.x_mm, y + row_height, 0.0
        if y + height > room.bottom_mm + 1e-9:
            pages.append([])
            x, y, row_height = room.x_mm, room.y_mm, 0.0
        pages[-1].append(Placed(i, x + ROOM_MM, y + ROOM_MM))
        x, row_height = x + width, max(row_height, height)
    return [PiecePage(paper, tuple(placed)) for placed in pages]


def tiled(piece: int, box: Box, paper: Paper) -> list[TilePage]:
    """The windows of a piece with its bleed, row by row, the paper turned the way that needs fewer pages."""
    art = box.grown(BLEED_MM)

    def grid(way: Paper) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
        room = way.printable
        return windows(art.height_mm, room.height_mm), windows(art.width_mm, room.width_mm)

    way = min((paper, paper.turned), key=lambda p: len(grid(p)[0]) * len(grid(p)[1]))
    rows, columns = grid(way)
    return [
        TilePage(way, piece, r, c, len(rows), len(columns), Box(art.x_mm + x, art.y_mm + y, width, height))
        for r, (y, height) in enumerate(rows)
        for c, (x, width) in enumerate(columns)
    ]
