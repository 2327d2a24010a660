"""What an order and an article may hold, and what is said on the cards of markers mounted by hand."""

import io
import xml.etree.ElementTree as ElementTree

import pypdfium2
import pytest
import torch

from renders.errors import InputError
from textures.masks import rectangles
from textures.sheets.article import Article, Box
from textures.sheets.cards import draw_cards
from textures.sheets.cutting import outlines_svg
from textures.sheets.finish import finished
from textures.sheets.job import Order, job_of
from textures.sheets.manifest import Target
from textures.sheets.pen import Pen


def article(width_mm: float = 200, height_mm: float = 200, title: str = "Stop sign") -> Article:
    mask = rectangles([(0.3, 0.3, 0.2, 0.1)], (32, 32))
    return Article(
        "stop-1", title, torch.full((3, 32, 32), 0.5), mask, width_mm, height_mm, "0123456789abcdef"
    )


def cards(width_mm: float, height_mm: float) -> tuple[str, Target]:
    """The words on the page of cards, and its entry in the manifest."""
    pen = Pen("cards", "run")
    _, target = draw_cards(pen, job_of({"attack": article(width_mm, height_mm)}, Order("A4")), 0)
    page = pypdfium2.PdfDocument(io.BytesIO(finished(pen.close())))[0]
    return " ".join(page.get_textpage().get_text_range().split()), target


@pytest.mark.parametrize("width_mm", [30, 33.5, 38, 100, 250])
def test_cards_of_every_size_say_where_the_manifest_has_their_markers(width_mm: float) -> None:
    words, target = cards(width_mm, 300)
    for marker in target.markers:
        quiet = marker.side_mm / 8
        (left, top), (right, _), *_ = marker.corners_mm
        where = "3 mm above the face" if top < 0 else "3 mm below the face"
        beyond = right + quiet - width_mm
        if left - quiet == 0:
            assert words.count(f"{where}, flush with its left edge") == 1
        elif beyond > 0:
            assert words.count(f"{where}, reaching {beyond:g} mm beyond its right edge") == 1
        else:
            assert beyond == 0 and words.count(f"{where}, flush with its right edge") == 1


@pytest.mark.parametrize("dpi", [float("nan"), float("inf"), 0.0, -5.0])
def test_a_resolution_that_no_picture_can_have_is_refused(dpi: float) -> None:
    with pytest.raises(InputError, match="expected a resolution above 0 dpi; got"):
        Order(dpi=dpi)


def test_a_title_leaves_behind_what_xml_cannot_hold() -> None:
    one = article(title="Stop\x00 sign\x0b→ 45\r\n<km/h>\ufffe\u2028")
    assert one.title == "Stop sign → 45 <km/h>"
    root = ElementTree.fromstring(outlines_svg(one, [], Box(0, 0, 200, 200), "cut"))
    assert root[0].text == "TEST ARTICLE stop-1: Stop sign → 45 <km/h>"
