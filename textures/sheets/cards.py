"""Markers on cards, to be mounted around a sign that exists already and only gets a sticker."""

from textures.sheets.article import Box
from textures.sheets.frame import Folio, draw_frame
from textures.sheets.job import Job
from textures.sheets.layout import BLEED_MM, Paper, plan
from textures.sheets.manifest import Print, Target
from textures.sheets.pen import GREY, Pen
from textures.sheets.surround import draw_markers, entry_of
from textures.sheets.targets import piece_item, rounded

PLACES = ("top left", "top right", "bottom right", "bottom left")


def draw_cards(pen: Pen, job: Job, first: int) -> tuple[list[Paper], Target]:
    """Draws the pages, the first of which has this index in the manifest; returns papers and entry."""
    article = job.sheets[0].article
    boxes = [marker.card for marker in job.cards]
    layout = plan(boxes, job.order.page)
    prints: list[Print] = []
    for index, page in enumerate(layout.whole):
        draw_frame(pen, page.paper, article, Folio(index + 1, len(layout.whole), "markers to mount"))
        for placed in page.placed:
            marker, card = job.cards[placed.piece], boxes[placed.piece]
            with pen.plane(placed.x_mm - card.x_mm, placed.y_mm - card.y_mm):
                draw_markers(pen, (marker,))
                pen.box(card, stroke=GREY, width_mm=0.1)
            _words(pen, placed.piece, card.moved(placed.x_mm - card.x_mm, placed.y_mm - card.y_mm))
            prints.append(Print(first + index, rounded(card), (round(placed.x_mm, 3), round(placed.y_mm, 3))))
    size = (article.width_mm, article.height_mm)
    markers = tuple(entry_of(marker) for marker in job.cards)
    items = tuple(piece_item(article, piece) for piece in job.sheets[0].pieces)
    target = Target("cards", "cards", None, size, markers, items, (), tuple(prints))
    return [page.paper for page in layout.whole], target


def _words(pen: Pen, index: int, card: Box) -> None:
    """Where this card belongs, below it."""
    where = f"{BLEED_MM:g} mm {'above' if index < 2 else 'below'} the face"
    side = "left" if index in (0, 3) else "right"
    lines = [f"{index + 1} {PLACES[index]}", f"{where}, flush with its {side} edge"]
    if card.width_mm < 50:
        del lines[1]
    for i, words in enumerate(lines):
        middle = card.x_mm + card.width_mm / 2
        pen.text(middle, card.bottom_mm + 3.2 + 3.2 * i, words, size_mm=2.2, align="centre", colour=GREY)
