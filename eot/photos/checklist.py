"""The plan on paper: where to stand, seen from above, and a box to tick for every photo."""

import math
from collections.abc import Sequence
from itertools import pairwise

import shapely

from eot.photos.plan import Design, Spot
from textures.sheets.article import Box
from textures.sheets.layout import PAPERS, Paper
from textures.sheets.pen import GREY, INK, PALE, Pen

MARGIN_MM, ROW_MM, TICK_MM = 15.0, 8.4, 4.2
MAP_MM = 96.0
# Ticks start here; left of them the spot is described.
TICKS_X_MM = 82.0
ADVICE = (
    "Fix every article flat to a stiff board, all at one height. Markers stay free; matt paper, no glare.",
    "Mark the spots on the floor by tape. At each one put the camera on a tripod or hold it still, take",
    "a photo of every article without moving; for the next repeat step a little aside first.",
    "Main camera, no zoom, flash or filter; the article near the middle. Do not crop or edit the photos.",
)


def checklist_pdf(title: str, spots: Sequence[Spot], design: Design) -> bytes:
    """One or more A4 pages."""
    paper = PAPERS["A4"]
    pen = Pen(f"{title}: photos to take", "photo plan")
    pen.page(paper)
    y = _head(pen, paper, title, spots, design)
    y = _map(pen, paper, spots, y)
    _columns(pen, y, design)
    y += 5
    for spot in spots:
        if y + ROW_MM * _lines(design) > paper.height_mm - MARGIN_MM:
            pen.page(paper)
            pen.text(MARGIN_MM, MARGIN_MM, f"{title}: photos to take", size_mm=3, colour=GREY)
            y = MARGIN_MM + 8
            _columns(pen, y, design)
            y += 5
        y = _row(pen, paper, spot, design, y)
    pen.text(MARGIN_MM, paper.height_mm - 8, "TEST ARTICLE. Closed ground only.", size_mm=2.4, colour=GREY)
    return pen.close()


def _head(pen: Pen, paper: Paper, title: str, spots: Sequence[Spot], design: Design) -> float:
    total = len(spots) * design.repeats * len(design.arms)
    pen.text(MARGIN_MM, 20, "Photos to take", size_mm=6, bold=True)
    pen.text(MARGIN_MM, 27, pen.shortened(title, 120, size_mm=3.2), size_mm=3.2)
    words = f"{len(spots)} spots x {design.repeats} repeats x {len(design.arms)} articles = {total} photos"
    pen.text(paper.width_mm - MARGIN_MM, 27, words, size_mm=3.2, align="right")
    for i, line in enumerate(ADVICE):
        pen.text(MARGIN_MM, 35 + 4.6 * i, line, size_mm=2.8)
    return 35 + 4.6 * len(ADVICE)


def _map(pen: Pen, paper: Paper, spots: Sequence[Spot], y_mm: float) -> float:
    """The spots from above: the article at the top, facing down."""
    top, middle = y_mm + 6, paper.width_mm / 2
    farthest = max(spot.distance_m for spot in spots)
    widest = max(abs(math.sin(math.radians(spot.yaw_deg))) for spot in spots) or 0.1
    scale = min((MAP_MM - 14) / farthest, (paper.width_mm / 2 - MARGIN_MM - 12) / (farthest * widest))
    pen.line((middle - 9, top), (middle + 9, top), width_mm=1.2)
    pen.text(middle, top - 2, "article", size_mm=2.8, align="centre")
    for distance in sorted({spot.distance_m for spot in spots}):
        _arc(pen, (middle, top), distance * scale, spots)
        pen.text(middle + 1.5, top + distance * scale - 3.4, f"{distance:g} m", size_mm=2.3, colour=GREY)
    for spot in spots:
        yaw = math.radians(spot.yaw_deg)
        at = middle - spot.distance_m * scale * math.sin(yaw), top + spot.distance_m * scale * math.cos(yaw)
        pen.shape(shapely.MultiPolygon([shapely.Point(at).buffer(2.6)]), stroke=INK, fill=PALE)
        pen.text(at[0], at[1] + 0.9, str(spot.number), size_mm=2.4, align="centre")
    return top + farthest * scale + 12


def _arc(pen: Pen, centre: tuple[float, float], radius: float, spots: Sequence[Spot]) -> None:
    low, high = min(s.yaw_deg for s in spots), max(s.yaw_deg for s in spots)
    steps = [math.radians(low + (high - low) * i / 24) for i in range(25)]
    points = [(centre[0] - radius * math.sin(a), centre[1] + radius * math.cos(a)) for a in steps]
    for start, end in pairwise(points):
        pen.line(start, end, width_mm=0.15, colour=PALE)


def _columns(pen: Pen, y_mm: float, design: Design) -> None:
    for i, words in enumerate(("spot", "distance", "stand", "")):
        pen.text(MARGIN_MM + (0, 12, 30, 0)[i], y_mm, words, size_mm=2.6, bold=True)
    for i in range(design.repeats):
        pen.text(
            TICKS_X_MM + 24 + i * _pitch(design), y_mm, str(i + 1), size_mm=2.6, bold=True, align="centre"
        )


def _pitch(design: Design) -> float:
    return min(14.0, 84.0 / design.repeats)


def _lines(design: Design) -> float:
    return max(1.0, 0.72 * len(design.arms))


def _row(pen: Pen, paper: Paper, spot: Spot, design: Design, y_mm: float) -> float:
    """The boxes of one spot, a line for every article."""
    height = ROW_MM * _lines(design)
    pen.line((MARGIN_MM, y_mm - 1.5), (paper.width_mm - MARGIN_MM, y_mm - 1.5), colour=PALE)
    pen.text(MARGIN_MM, y_mm + 3, str(spot.number), size_mm=3.2, bold=True)
    pen.text(MARGIN_MM + 12, y_mm + 3, f"{spot.distance_m:g} m", size_mm=3.2)
    pen.text(MARGIN_MM + 30, y_mm + 3, spot.side, size_mm=3)
    if spot.tape:
        pen.text(
            MARGIN_MM + 12, y_mm + 7.4, f"markers of {spot.marker_px:.0f} px: measure by tape", size_mm=2.3
        )
    for line, arm in enumerate(design.arms):
        at = y_mm + line * height / len(design.arms)
        pen.text(TICKS_X_MM, at + 3, arm, size_mm=2.8)
        for i in range(design.repeats):
            x = TICKS_X_MM + 24 + i * _pitch(design) - TICK_MM / 2
            pen.box(Box(x, at - 0.6, TICK_MM, TICK_MM), stroke=GREY, width_mm=0.2)
    return y_mm + height
