"""Markers on cards, to be mounted around a sign that exists already and only gets a sticker."""

from textures.sheets.article import Article, Box
from textures.sheets.frame import Folio, draw_frame
from textures.sheets.job import Job
from textures.sheets.layout import BLEED_MM, ROOM_MM, Paper, plan
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
            lines = (f"{placed.piece + 1} {PLACES[placed.piece]}", place_of(placed.piece, boxes, article))
            _below(pen, card.moved(placed.x_mm - card.x_mm, placed.y_mm - card.y_mm), lines)
            prints.append(Print(first + index, rounded(card), (round(placed.x_mm, 3), round(placed.y_mm, 3))))
    size = (article.width_mm, article.height_mm)
    markers = tuple(entry_of(marker) for marker in job.cards)
    items = tuple(piece_item(article, piece) for piece in job.sheets[0].pieces)
    target = Target("cards", "cards", None, size, markers, items, (), tuple(prints))
    return [page.paper for page in layout.whole], target


def place_of(index: int, cards: list[Box], article: Article) -> str:
    """Where a card belongs, in words; `cards` are those around the face, in its coordinates."""
    where = f"{BLEED_MM:g} mm {'above' if index < 2 else 'below'} the face"
    if index in (0, 3):
        return f"{where}, flush with its left edge"
    beyond = round(cards[index].right_mm - article.width_mm, 1)
    if beyond <= 0:
        return f"{where}, flush with its right edge"
    # Two cards do not fit side by side, and share the white between their markers.
    left = 1 if index == 1 else 4
    return f"{where}, reaching {beyond:g} mm beyond its right edge, over the white of card {left}"


def _below(pen: Pen, card: Box, lines: tuple[str, ...]) -> None:
    """Words below a card on the page, as wide as it with the room to its right."""
    y = card.bottom_mm + 3.2
    for line in lines:
        y = pen.paragraph(card.x_mm, y, line, card.width_mm + ROOM_MM, size_mm=2.2, lead_mm=2.9, colour=GREY)
