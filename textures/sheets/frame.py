"""What every page carries in its margins: the TEST ARTICLE label, the id, and a bar of 100 mm to measure."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from reportlab.lib.colors import white

from textures.sheets.article import Box
from textures.sheets.layout import MARGIN_MM, Paper
from textures.sheets.pen import GREY, INK, Pen, bold_width_mm

LABEL = "TEST ARTICLE"
WARNING = "For robustness tests on closed premises. Never on a public road."
SCALE_BAR_MM = 100.0
# Within the margin: label and bar on the outside, registration ticks towards the art.
BAND_MM, BAND_HEIGHT_MM = 5.0, 4.2
TICK_MM, TICK_GAP_MM = 2.0, 0.4
UPRIGHT_MM = 7.6
# What a long id leaves for what is on the page.
CONTENT_MM = 40.0


@runtime_checkable
class Labelled(Protocol):
    """What is on a page, as its margins name it: a short id, and the run that made it."""

    @property
    def id(self) -> str:
        """Letters, digits, `-_.`."""

    @property
    def run_hash(self) -> str:
        """Empty where there was no run."""

    @property
    def date(self) -> str:
        """When the run was started; empty where that is not known."""


@dataclass(frozen=True)
class Folio:
    """Which page of how many this is, and what is on it."""

    page: int
    pages: int
    content: str


def draw_frame(pen: Pen, paper: Paper, article: Labelled, folio: Folio) -> None:
    """Start a page with its margins."""
    pen.page(paper)
    _label(pen, paper, article, folio)
    bottom = paper.height_mm - BAND_MM
    scale_bar(pen, MARGIN_MM, bottom)
    right = paper.width_mm - MARGIN_MM
    pen.text(MARGIN_MM + SCALE_BAR_MM + 3, bottom, "100 mm: measure both", size_mm=2.2, bold=True)
    run = f"run {article.run_hash[:8]}" if article.run_hash else ""
    words = " · ".join(word for word in ("100 %", run, article.date) if word)
    pen.text(right, bottom, words, size_mm=1.9, align="right", colour=GREY)
    # Printers stretch paper along its way, so both directions are measured.
    scale_bar(pen, UPRIGHT_MM, paper.height_mm - MARGIN_MM - 8, upright=True)


def _label(pen: Pen, paper: Paper, article: Labelled, folio: Folio) -> None:
    baseline = BAND_MM + 3.1
    tag = Box(MARGIN_MM, BAND_MM, 30.5, BAND_HEIGHT_MM)
    pen.box(tag, fill=INK)
    pen.text(tag.x_mm + tag.width_mm / 2, baseline, LABEL, size_mm=3, bold=True, align="centre", colour=white)
    right = paper.width_mm - MARGIN_MM
    count = f"{folio.page} / {folio.pages}"
    start, end = tag.right_mm + 3, right - bold_width_mm(count, 2.6) - 3
    name = pen.shortened_within(article.id, end - start - 3 - CONTENT_MM, size_mm=3)
    used = pen.text(start, baseline, name, size_mm=3, bold=True)
    pen.text(right, baseline, count, size_mm=2.6, bold=True, align="right")
    words = pen.shortened(folio.content, end - start - 3 - used, size_mm=2.4)
    pen.text(start + 3 + used, baseline, words, size_mm=2.4, colour=GREY)


def scale_bar(pen: Pen, x_mm: float, y_mm: float, upright: bool = False) -> None:
    """A bar of 100 mm from (x, y) to the right, or upwards, between the centres of its end ticks."""

    def point(along: float, across: float) -> tuple[float, float]:
        return (x_mm - across, y_mm - along) if upright else (x_mm + along, y_mm - across)

    pen.line(point(0, 0), point(SCALE_BAR_MM, 0), width_mm=0.2)
    for step in range(11):
        height = 2.4 if step in (0, 10) else 1.6 if step == 5 else 1.0
        along = step * SCALE_BAR_MM / 10
        pen.line(point(along, -0.1), point(along, height), width_mm=0.2)


def crop_marks(pen: Pen, box: Box, gap_mm: float = 4.0, length_mm: float = 4.0) -> None:
    """Lines that point at the corners of a rectangle from outside the bleed."""
    for x, outward_x in ((box.x_mm, -1), (box.right_mm, 1)):
        for y, outward_y in ((box.y_mm, -1), (box.bottom_mm, 1)):
            near, far = gap_mm, gap_mm + length_mm
            pen.line((x + outward_x * near, y), (x + outward_x * far, y))
            pen.line((x, y + outward_y * near), (x, y + outward_y * far))
