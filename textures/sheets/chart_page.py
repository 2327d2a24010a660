"""The page with the colour chart."""

from textures.sheets.article import Article
from textures.sheets.chart import COLUMNS, cells_in, chart_colours
from textures.sheets.fiducials import markers_within
from textures.sheets.frame import Folio, draw_frame
from textures.sheets.layout import Paper
from textures.sheets.manifest import Print, Target
from textures.sheets.pen import GREY, Pen
from textures.sheets.surround import draw_cells, draw_markers, entry_of

BAND_MM = 24.0
WORDS = (
    "Photograph this page once, flat, filling the picture,",
    "in the light and with the camera of the test.",
)


def draw_chart(
    pen: Pen, article: Article, paper: Paper, numbers: tuple[int, int, int, int], page: int = 0
) -> Target:
    """Draws it and returns its entry in the manifest; `page` is its index there."""
    draw_frame(pen, paper, article, Folio(1, 1, "colour chart"))
    markers = markers_within(paper.printable, numbers)
    cells = cells_in(paper.between(BAND_MM), chart_colours(), COLUMNS)
    draw_cells(pen, cells)
    draw_markers(pen, markers)
    for i, words in enumerate(WORDS):
        y = paper.printable.y_mm + 8 + 4.2 * i
        pen.text(paper.width_mm / 2, y, words, size_mm=2.8, align="centre", colour=GREY)
    size = (paper.width_mm, paper.height_mm)
    entries = tuple(entry_of(marker) for marker in markers)
    printed = Print(page, (0.0, 0.0, *size), (0.0, 0.0))
    return Target("chart", "chart", None, size, entries, (), cells, (printed,))
