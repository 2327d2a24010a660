"""What a camera needs around a face or on a page: four markers, the colour strip, the code that names it."""

import functools
from dataclasses import dataclass

import numpy as np
import segno
import shapely

from textures.sheets.article import Article, Box, around
from textures.sheets.chart import STRIP_COLUMNS, cells_in, chart_art, strip_colours
from textures.sheets.fiducials import DICTIONARY, Fiducial
from textures.sheets.frame import LABEL
from textures.sheets.manifest import Cell, Marker
from textures.sheets.pen import GREY, INK, Pen

# Between markers and what stands beside them: more than a cell of the largest marker.
SPACE_MM = 16.0
# A code of 33 modules of at least 0.4 mm, which a phone at arm's length reads.
CODE_MM, SMALLEST_CODE_MM = 20.0, 14.0
WORDS_MM = 34.0


@dataclass(frozen=True)
class Surround:
    """Markers in the order top left, top right, bottom right, bottom left, and what stands between them."""

    markers: tuple[Fiducial, ...]
    cells: tuple[Cell, ...]
    code: Box | None

    @property
    def box(self) -> Box:
        """The rectangle that holds all of it, the white around the markers included."""
        return around([marker.card for marker in self.markers])

    def seen_in(self, window: Box) -> bool:
        """Whether a window shows any of it, above or below the face."""
        cards = [marker.card for marker in self.markers]
        return around(cards[:2]).overlaps(window) or around(cards[2:]).overlaps(window)


def surround(markers: tuple[Fiducial, ...]) -> Surround:
    """The strip between the lower two markers and the code between the upper two, where there is room."""
    top_left, top_right, bottom_right, bottom_left = markers
    below, above = _between(bottom_left, bottom_right), _between(top_left, top_right)
    cells = () if below is None else cells_in(below, strip_colours(), STRIP_COLUMNS)
    if above is None or min(above.width_mm, above.height_mm) < SMALLEST_CODE_MM:
        return Surround(markers, cells, None)
    side = min(CODE_MM, above.width_mm, above.height_mm)
    return Surround(markers, cells, Box(above.x_mm, above.y_mm, side, side))


def _between(left: Fiducial, right: Fiducial) -> Box | None:
    space = min(SPACE_MM, left.side_mm / 5)
    start, end = left.card.right_mm + space, right.card.x_mm - space
    return Box(start, left.y_mm, end - start, left.side_mm) if end > start else None


def draw_surround(pen: Pen, drawn: Surround, article: Article, words: str) -> None:
    """All of it; `words` say which print this is."""
    draw_markers(pen, drawn.markers)
    draw_cells(pen, drawn.cells)
    if drawn.code is None:
        return
    text = " ".join(word for word in (LABEL, article.id, article.run_hash, article.date, words) if word)
    with pen.plane(drawn.code.x_mm, drawn.code.y_mm):
        pen.shape(code_shape(text, drawn.code.width_mm), fill=INK)
    x, room = drawn.code.right_mm + 3, drawn.markers[1].card.x_mm - drawn.code.right_mm - 6
    if room < WORDS_MM:
        return
    lines = (
        LABEL,
        pen.shortened_within(article.id, room, size_mm=2.4),
        words,
        f"run {article.run_hash[:12]}" if article.run_hash else "",
        article.date,
    )
    for i, line in enumerate(line for line in lines if line):
        shown = pen.shortened(line, room, size_mm=2.4)
        pen.text(
            x, drawn.code.y_mm + 2.6 + 3.6 * i, shown, size_mm=2.4, bold=i < 1, colour=INK if i < 1 else GREY
        )


def draw_markers(pen: Pen, markers: tuple[Fiducial, ...]) -> None:
    """Markers as vectors; the white around them is left to the paper."""
    for marker in markers:
        pen.shape(marker.black, fill=INK)


def draw_cells(pen: Pen, cells: tuple[Cell, ...]) -> None:
    """Fields of colour, as a picture."""
    if cells:
        art = chart_art(cells)
        pen.art(art.texels, art.box, art.box.shape)


def entry_of(marker: Fiducial) -> Marker:
    """A marker's line in the manifest."""
    a, b, c, d = ((round(x, 4), round(y, 4)) for x, y in marker.corners_mm)
    return Marker(DICTIONARY, marker.number, marker.side_mm, (a, b, c, d))


@functools.cache
def code_shape(text: str, side_mm: float) -> shapely.MultiPolygon:
    """The dark modules of a QR code (ISO/IEC 18004, level M) of this size; keep it white around."""
    modules = np.array(segno.make(text, error="m", micro=False).matrix, dtype=bool)
    module = side_mm / len(modules)
    rows, columns = np.nonzero(modules)
    x, y = columns * module, rows * module
    # Modules grow by a thousandth, so that those that touch at corners join and no hairlines show.
    joined = shapely.union_all(shapely.box(x - 1e-3, y - 1e-3, x + module + 1e-3, y + module + 1e-3))
    return shapely.MultiPolygon([p for p in shapely.get_parts(joined) if isinstance(p, shapely.Polygon)])
