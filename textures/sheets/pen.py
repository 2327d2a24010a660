"""Drawing on pages in millimetres from the top left: text, lines, art and cut lines, as deterministic PDF."""

import functools
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import matplotlib
import numpy as np
import shapely
from jaxtyping import UInt8
from PIL import Image
from reportlab import rl_config
from reportlab.lib.colors import CMYKColorSep, Color, HexColor
from reportlab.lib.utils import ImageReader, simpleSplit
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.pdfgen.pathobject import PDFPathObject

from textures.sheets.article import Box
from textures.sheets.layout import Paper

POINTS_PER_MM = 72 / 25.4
REGULAR, BOLD = "EotSans", "EotSans-Bold"
INK, GREY, PALE = HexColor("#111111"), HexColor("#6b6f76"), HexColor("#c9ccd1")
CUT_LINE_POINTS = 0.25
# Its ASCII armour is made in Python and takes longer than everything else.
rl_config.useA85 = 0


@functools.cache
def _fonts() -> None:
    """DejaVu Sans, embedded; it comes with matplotlib and knows most scripts that titles are written in."""
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    pdfmetrics.registerFont(TTFont(REGULAR, str(folder / "DejaVuSans.ttf")))
    pdfmetrics.registerFont(TTFont(BOLD, str(folder / "DejaVuSans-Bold.ttf")))


def bold_width_mm(words: str, size_mm: float) -> float:
    """How wide words are in bold letters."""
    return float(pdfmetrics.stringWidth(words, BOLD, size_mm * POINTS_PER_MM)) / POINTS_PER_MM


class Pen:
    """A document under the pen: one page after another, mm, origin top left, y down."""

    def __init__(self, title: str, subject: str) -> None:
        _fonts()
        self._bytes = io.BytesIO()
        # invariant: no dates and no random ids. An initial font of our own keeps Helvetica out of the file.
        self._canvas = Canvas(self._bytes, invariant=1, initialFontName=REGULAR, pdfVersion=(1, 6))
        self._canvas.setTitle(title)
        self._canvas.setSubject(subject)
        self._canvas.setAuthor("eot")
        self._canvas.setCreator("eot")
        self._canvas.setViewerPreference("PrintScaling", "None")
        self._height_mm = 0.0

    def page(self, paper: Paper) -> None:
        """Start a page; the one before is finished."""
        if self._height_mm:
            self._canvas.showPage()
        self._height_mm = paper.height_mm
        for name in ("trim", "bleed"):
            self._canvas.setCropBox(None, name=name)
        self._canvas.setPageSize((paper.width_mm * POINTS_PER_MM, paper.height_mm * POINTS_PER_MM))

    def trim(self, box: Box, bleed_mm: float = 0.0) -> None:
        """Declare what is cut out of this page: its TrimBox, and the BleedBox around it."""
        for name, shown in (("trim", box), ("bleed", box.grown(bleed_mm))):
            low, high = self._at(shown.x_mm, shown.bottom_mm), self._at(shown.right_mm, shown.y_mm)
            self._canvas.setCropBox([round(side, 4) for side in (*low, *high)], name=name)

    def close(self) -> bytes:
        """Finish the document and return its bytes."""
        self._canvas.showPage()
        self._canvas.save()
        return self._bytes.getvalue()

    def _at(self, x_mm: float, y_mm: float) -> tuple[float, float]:
        return x_mm * POINTS_PER_MM, (self._height_mm - y_mm) * POINTS_PER_MM

    def _path(self, shape: shapely.MultiPolygon) -> PDFPathObject:
        path = self._canvas.beginPath()
        for polygon in shape.geoms:
            for ring in (polygon.exterior, *polygon.interiors):
                first, *others = ring.coords[:-1]
                path.moveTo(*self._at(*first))
                for corner in others:
                    path.lineTo(*self._at(*corner))
                path.close()
        return path

    def text(
        self,
        x_mm: float,
        y_mm: float,
        words: str,
        *,
        size_mm: float = 2.6,
        bold: bool = False,
        align: str = "left",
        colour: Color = INK,
        turn_deg: float = 0.0,
    ) -> float:
        """Write words with their baseline at y; returns their width in mm."""
        font, points = (BOLD if bold else REGULAR), size_mm * POINTS_PER_MM
        width = pdfmetrics.stringWidth(words, font, points)
        shift = {"left": 0.0, "centre": -width / 2, "right": -width}[align]
        self._canvas.saveState()
        self._canvas.setFont(font, points)
        self._canvas.setFillColor(colour)
        self._canvas.translate(*self._at(x_mm, y_mm))
        self._canvas.rotate(turn_deg)
        self._canvas.drawString(shift, 0, words)
        self._canvas.restoreState()
        return width / POINTS_PER_MM

    def paragraph(
        self,
        x_mm: float,
        y_mm: float,
        words: str,
        width_mm: float,
        *,
        size_mm: float,
        lead_mm: float,
        bold: bool = False,
        colour: Color = INK,
    ) -> float:
        """Write words in lines of at most this width, the first baseline at y; returns the next baseline."""
        points = size_mm * POINTS_PER_MM
        for line in simpleSplit(words, BOLD if bold else REGULAR, points, width_mm * POINTS_PER_MM):
            self.text(x_mm, y_mm, line, size_mm=size_mm, bold=bold, colour=colour)
            y_mm += lead_mm
        return y_mm

    def shortened(self, words: str, room_mm: float, *, size_mm: float) -> str:
        """The words, cut with an ellipsis if they are wider than the room (in the wider, bold letters)."""
        shown = words
        while words and bold_width_mm(shown, size_mm) > room_mm:
            words = words[:-1]
            shown = words.rstrip() + "…"
        return shown

    def shortened_within(self, name: str, room_mm: float, *, size_mm: float) -> str:
        """A name without its middle if it is wider than the room: those of a series differ at their ends."""
        shown, kept = name, len(name)
        while kept and bold_width_mm(shown, size_mm) > room_mm:
            kept -= 1
            shown = f"{name[: kept - kept // 2]}…{name[len(name) - kept // 2 :]}"
        return shown

    def line(
        self,
        from_mm: tuple[float, float],
        to_mm: tuple[float, float],
        *,
        width_mm: float = 0.1,
        colour: Color = INK,
        dash_mm: tuple[float, ...] = (),
    ) -> None:
        """A straight line."""
        self._canvas.saveState()
        self._canvas.setLineWidth(width_mm * POINTS_PER_MM)
        self._canvas.setStrokeColor(colour)
        if dash_mm:
            self._canvas.setDash([d * POINTS_PER_MM for d in dash_mm])
        self._canvas.line(*self._at(*from_mm), *self._at(*to_mm))
        self._canvas.restoreState()

    def shape(
        self,
        shape: shapely.MultiPolygon,
        *,
        stroke: Color | None = None,
        fill: Color | None = None,
        width_mm: float = 0.1,
    ) -> None:
        """Polygons, stroked or filled or both."""
        self._canvas.saveState()
        self._canvas.setLineWidth(width_mm * POINTS_PER_MM)
        if stroke is not None:
            self._canvas.setStrokeColor(stroke)
        if fill is not None:
            self._canvas.setFillColor(fill)
        self._canvas.drawPath(
            self._path(shape), stroke=int(stroke is not None), fill=int(fill is not None), fillMode=0
        )
        self._canvas.restoreState()

    def box(
        self, box: Box, *, stroke: Color | None = None, fill: Color | None = None, width_mm: float = 0.1
    ) -> None:
        """A rectangle."""
        self.shape(box.shape, stroke=stroke, fill=fill, width_mm=width_mm)

    def art(self, texels: UInt8[np.ndarray, "h w 3"], box: Box, within: shapely.MultiPolygon) -> None:
        """An image stretched over `box`, lossless, seen only within a shape."""
        self._canvas.saveState()
        self._canvas.clipPath(self._path(within), stroke=0, fill=0, fillMode=0)
        x, y = self._at(box.x_mm, box.bottom_mm)
        size = (box.width_mm * POINTS_PER_MM, box.height_mm * POINTS_PER_MM)
        self._canvas.drawImage(ImageReader(Image.fromarray(texels)), x, y, *size)
        self._canvas.restoreState()

    @contextmanager
    def plane(self, dx_mm: float, dy_mm: float, within: Box | None = None) -> Iterator[None]:
        """Meanwhile coordinates are those of a plane that lies (dx, dy) off the page's, seen in a window."""
        self._canvas.saveState()
        self._canvas.translate(dx_mm * POINTS_PER_MM, -dy_mm * POINTS_PER_MM)
        if within is not None:
            self._canvas.clipPath(self._path(within.shape), stroke=0, fill=0)
        yield
        self._canvas.restoreState()

    def cut(self, shape: shapely.MultiPolygon, spot: str) -> None:
        """The cut line: a hairline in a spot colour of its own, overprinting, as cutters look for it."""
        self._canvas.saveState()
        self._canvas.setStrokeColor(CMYKColorSep(0, 1, 0, 0, spotName=spot, density=1))
        self._canvas.setStrokeOverprint(True)
        self._canvas.setLineWidth(CUT_LINE_POINTS)
        self._canvas.drawPath(self._path(shape), stroke=1, fill=0)
        self._canvas.restoreState()
