"""The documents as PDF at true size: the article to cut, its controls, markers to mount, the colour chart."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

from textures.sheets.cards import draw_cards
from textures.sheets.chart_page import draw_chart
from textures.sheets.drawings import draw_assembly, draw_placement
from textures.sheets.fiducials import group_numbers
from textures.sheets.finish import finished
from textures.sheets.frame import LABEL, Folio
from textures.sheets.job import CHART_GROUP, Job, Order, Sheet
from textures.sheets.layout import Paper
from textures.sheets.manifest import Page, Target
from textures.sheets.pages import draw_piece_page, draw_tile_page
from textures.sheets.pen import Pen
from textures.sheets.targets import targets_of

SHEET, CONTROLS, CARDS, CHART = "sheet.pdf", "controls.pdf", "markers.pdf", "chart.pdf"
MAPS_PER_PAGE = 4


@dataclass(frozen=True, eq=False)
class Document:
    """A PDF in the making, its pages and what they show."""

    name: str
    draft: bytes
    pages: tuple[Page, ...]
    targets: tuple[Target, ...]

    def finished(self, attached: Mapping[str, bytes]) -> bytes:
        """The same article gives the same bytes. A millimetre is a millimetre, colours are sRGB."""
        return finished(self.draft, attached)


def _pen(sheet: Sheet, what: str) -> Pen:
    article = sheet.article
    return Pen(f"{LABEL} {article.id}: {article.title}, {what}", f"run {article.run_hash}")


def _pages(name: str, papers: list[Paper]) -> tuple[Page, ...]:
    return tuple(Page(name, i, paper.width_mm, paper.height_mm) for i, paper in enumerate(papers, 1))


def sheet_document(job: Job, first: int) -> Document:
    """Where the pieces go, the pieces to cut, and how large ones are assembled.

    `first` is the index of its first page in the manifest.
    """
    sheet, pieces = job.sheets[0], job.sheets[0].pieces
    layout = sheet.layout
    by_piece = [(pieces[i], list(tiles)) for i, tiles in groupby(layout.tiles, lambda t: t.piece)]
    maps = [by_piece[i : i + MAPS_PER_PAGE] for i in range(0, len(by_piece), MAPS_PER_PAGE)]
    count = 1 + len(layout.whole) + len(layout.tiles) + len(maps)
    pen = _pen(sheet, "sheets to print")
    draw_placement(pen, sheet.article, pieces, layout.paper, Folio(1, count, sheet.article.title))
    papers = [layout.paper, *_draw_arm(pen, sheet, job.order, 2, count), *(layout.paper for _ in maps)]
    for i, mapped in enumerate(maps):
        folio = Folio(count - len(maps) + 1 + i, count, "assembly of the large pieces")
        draw_assembly(pen, sheet.article, mapped, layout.paper, folio)
    return Document(SHEET, pen.close(), _pages(SHEET, papers), tuple(targets_of(sheet, first + 1)))


def controls_document(job: Job, first: int) -> Document:
    """The same pages for every control."""
    sheets = job.sheets[1:]
    pen = _pen(sheets[0], "controls")
    count = sum(len(sheet.layout.whole) + len(sheet.layout.tiles) for sheet in sheets)
    papers: list[Paper] = []
    targets: list[Target] = []
    for sheet in sheets:
        targets += targets_of(sheet, first + len(papers))
        papers += _draw_arm(pen, sheet, job.order, len(papers) + 1, count)
    return Document(CONTROLS, pen.close(), _pages(CONTROLS, papers), tuple(targets))


def cards_document(job: Job, first: int) -> Document:
    """Markers to be mounted around a face that exists already."""
    pen = _pen(job.sheets[0], "markers")
    papers, target = draw_cards(pen, job, first)
    return Document(CARDS, pen.close(), _pages(CARDS, papers), (target,))


def chart_document(job: Job, first: int) -> Document:
    """The colour chart."""
    sheet = job.sheets[0]
    pen = _pen(sheet, "colour chart")
    numbers = group_numbers(sheet.article.run_hash, CHART_GROUP)
    target = draw_chart(pen, sheet.article, sheet.layout.paper, numbers, first)
    return Document(CHART, pen.close(), _pages(CHART, [sheet.layout.paper]), (target,))


def _draw_arm(pen: Pen, sheet: Sheet, order: Order, number: int, count: int) -> list[Paper]:
    """The pages of one arm, the first of which has this number; returns their papers."""
    layout, control = sheet.layout, "" if sheet.arm == "attack" else f"control {sheet.arm}: "
    for index, whole in enumerate(layout.whole):
        named = ", ".join(str(sheet.pieces[p.piece].number) for p in whole.placed)
        draw_piece_page(pen, sheet, index, Folio(number + index, count, f"{control}piece {named}"), order)
    for index, tile in enumerate(layout.tiles, len(layout.whole)):
        words = f"{control}piece {sheet.pieces[tile.piece].number}, page {tile.name}: row {tile.row + 1} of "
        words += f"{tile.rows}, column {tile.column + 1} of {tile.columns}"
        draw_tile_page(pen, sheet, tile, Folio(number + index, count, words), order)
    return [*(page.paper for page in layout.whole), *(tile.paper for tile in layout.tiles)]
