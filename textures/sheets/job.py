"""What is to be printed: the article and its controls, laid out alike, with the markers of each."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from renders.errors import InputError
from textures.sheets.article import Article, Box, Piece, pieces_of
from textures.sheets.fiducials import (
    GROUPS,
    PAGE_SIDE_MM,
    Fiducial,
    group_numbers,
    markers_around,
    markers_within,
    side_beside,
)
from textures.sheets.layout import PiecePage, Plan, plan
from textures.sheets.manifest import Arm
from textures.sheets.surround import Surround, surround

# Printers of labels look for a spot colour of exactly this name; some ask for another.
CUT_SPOT = "CutContour"
ARMS: tuple[Arm, ...] = ("attack", "clean", "blank", "noise", "shuffled")
# Sets of marker numbers: one for the face of each arm, then the chart, then the pages of pieces.
CHART_GROUP, PAGES_GROUP = len(ARMS), len(ARMS) + 1
# Kept free at the top and the bottom of pages of pieces: a marker and the white around it.
BAND_MM = PAGE_SIDE_MM + 3.0


@dataclass(frozen=True)
class Order:
    """How the user wants it.

    Args:
        page: A4, A3, Letter, Tabloid, WIDTHxHEIGHT in mm, or auto.
        spot: name of the spot colour of cut lines.
        markers: whether markers, strip and code are printed.
        dpi: least resolution of the pictures.
        profile: name of the print profile that the article was optimised with.
    """

    page: str = "auto"
    spot: str = CUT_SPOT
    markers: bool = True
    dpi: float = 300.0
    profile: str = "none"

    def __post_init__(self) -> None:
        if re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,62}", self.spot) is None:
            raise InputError(
                f"expected a spot colour of letters, digits, - and _; got {self.spot!r}: {CUT_SPOT} is usual"
            )
        if not 0 < self.dpi < math.inf:
            raise InputError(f"expected a resolution above 0 dpi; got {self.dpi:g}: 300 is usual")


@dataclass(frozen=True, eq=False)
class Sheet:
    """One arm: its article in pieces, on pages. `frame` stands around a face that is printed whole."""

    arm: Arm
    article: Article
    pieces: list[Piece]
    layout: Plan
    frame: Surround | None
    pages: tuple[Surround | None, ...]

    def box(self, piece: int) -> Box:
        """The rectangle that this piece takes on paper, its frame included; coordinates of the face."""
        return self.pieces[piece].box if self.frame is None else self.frame.box


@dataclass(frozen=True, eq=False)
class Job:
    """All sheets, the attack first; `cards` are markers to be mounted beside a face that is not printed."""

    order: Order
    sheets: tuple[Sheet, ...]
    cards: tuple[Fiducial, ...]


def job_of(articles: Mapping[Arm, Article], order: Order) -> Job:
    """Lays out an article and its controls, which differ in colours only."""
    attack = articles["attack"]
    pieces = pieces_of(attack)
    face = Box(0, 0, attack.width_mm, attack.height_mm)
    framed = order.markers and _is_face(pieces, face, max(attack.texel_mm))
    paged = order.markers and not framed
    boxes = [_frame(attack, face, "attack").box] if framed else [piece.box for piece in pieces]
    layout = plan(boxes, order.page, BAND_MM if paged else 0.0)
    sheets = tuple(
        Sheet(
            arm,
            article,
            pieces,
            layout,
            _frame(article, face, arm) if framed else None,
            _pages(article, layout.whole, arm) if paged else (None,) * len(layout.whole),
        )
        for arm, article in articles.items()
    )
    cards = _frame(attack, face, "attack").markers if paged else ()
    return Job(order, sheets, cards)


def _is_face(pieces: list[Piece], face: Box, slack_mm: float) -> bool:
    """Whether a single piece is the whole face, whatever its shape."""
    box = pieces[0].box
    gaps = (box.x_mm, box.y_mm, face.right_mm - box.right_mm, face.bottom_mm - box.bottom_mm)
    return len(pieces) == 1 and max(gaps) <= slack_mm


def _frame(article: Article, face: Box, arm: Arm) -> Surround:
    numbers = group_numbers(article.run_hash, ARMS.index(arm))
    return surround(markers_around(face, numbers, side_beside(face)))


def _pages(article: Article, pages: tuple[PiecePage, ...], arm: Arm) -> tuple[Surround | None, ...]:
    """Markers of pages of pieces, as far as there are numbers: a page without is only not checked."""
    first = PAGES_GROUP + ARMS.index(arm) * len(pages)
    return tuple(
        surround(markers_within(page.paper.printable, group_numbers(article.run_hash, first + i)))
        if first + i < GROUPS
        else None
        for i, page in enumerate(pages)
    )
