"""Drawing what a camera looks for: fiducial markers, fields of colour, and their entries in the manifest."""

import shapely

from textures.sheets.article import Article, Box
from textures.sheets.chart import COLUMNS, STRIP_COLUMNS, cells_in, chart_art, chart_colours, strip_colours
from textures.sheets.fiducials import DICTIONARY, Fiducial, markers_within
from textures.sheets.frame import Folio, draw_frame
from textures.sheets.layout import Paper
from textures.sheets.manifest import Cell, Marker, Print, Target
from textures.sheets.pen import GREY, INK, Pen

# Between markers and what stands beside them: at least a cell of white.
SPACE_MM = 4.0


def whole(box: Box) -> shapely.MultiPolygon:
    """A rectangle as a shape."""
    return shapely.MultiPolygon([shapely.box(box.x_mm, box.y_mm, box.right_mm, box.bottom_mm)])


def draw_markers(pen: Pen, markers: tuple[Fiducial, ...]) -> tuple[Marker, ...]:
    """Markers as vectors; the white around them is left to the paper."""
    for marker in markers:
        pen.shape(marker.black, fill=INK)
    return tuple(entry_of(marker) for marker in markers)


def entry_of(marker: Fiducial) -> Marker:
    """A marker's line in the manifest."""
    a, b, c, d = ((round(x, 4), round(y, 4)) for x, y in marker.corners_mm)
    return Marker(DICTIONARY, marker.number, marker.side_mm, (a, b, c, d))


def draw_cells(pen: Pen, cells: tuple[Cell, ...]) -> tuple[Cell, ...]:
    """Fields of colour, as a picture."""
    if cells:
        art = chart_art(cells)
        pen.art(art.texels, art.box, whole(art.box))
    return cells


def strip_between(left: Fiducial, right: Fiducial) -> tuple[Cell, ...]:
    """The 24 fields of the strip between two markers of a row, if there is room for them."""
    room = Box(
        left.card.right_mm + SPACE_MM,
        left.y_mm,
        right.card.x_mm - left.card.right_mm - 2 * SPACE_MM,
        left.side_mm,
    )
    return cells_in(room, strip_colours(), STRIP_COLUMNS) if room.width_mm > 0 else ()


def draw_chart(
    pen: Pen, article: Article, paper: Paper, folio: Folio, numbers: tuple[int, int, int, int]
) -> Target:
    """The page with the colour chart; `folio.page` is its number in the file `chart.pdf`."""
    draw_frame(pen, paper, article, folio)
    room = paper.printable
    markers = markers_within(room, numbers)
    band = markers[0].side_mm + SPACE_MM
    space = Box(room.x_mm, room.y_mm + band, room.width_mm, room.height_mm - 2 * band)
    cells = draw_cells(pen, cells_in(space, chart_colours(), COLUMNS))
    middle = room.x_mm + room.width_mm / 2
    lines = (
        "Photograph this page once, flat, filling the picture,",
        "in the light and with the camera of the test.",
    )
    for i, words in enumerate(lines):
        pen.text(middle, room.y_mm + 8 + 4.2 * i, words, size_mm=2.8, align="centre", colour=GREY)
    size = (paper.width_mm, paper.height_mm)
    entries = draw_markers(pen, markers)
    return Target(
        "chart", "chart", None, size, entries, (), cells, (Print(0, (0.0, 0.0, *size), (0.0, 0.0)),)
    )
