"""Windows of a page as it comes out at 150 dpi: 5 m of paper whole would be 3 GB."""

import math
from dataclasses import dataclass

import pypdfium2
from jaxtyping import UInt8
from numpy import ndarray

from textures.sheets.article import Box
from textures.sheets.manifest import BoxMm

READ_DPI = 150.0
SCALE = READ_DPI / 72
PX_PER_MM = READ_DPI / 25.4


@dataclass(frozen=True, eq=False)
class Window:
    """What is seen of a page from (x, y) on, in mm of the page; its pixels are those of the whole page."""

    pixels: UInt8[ndarray, "h w 3"]
    x_mm: float
    y_mm: float

    def within(self, box: BoxMm) -> BoxMm:
        """A rectangle of the page in mm of this window."""
        x, y, width, height = box
        return x - self.x_mm, y - self.y_mm, width, height


def seen_in(sheet: pypdfium2.PdfPage, box: Box) -> Window:
    """The whole pixels that a rectangle of the page touches, as far as they are on it."""
    columns, rows = (math.ceil(side * SCALE) for side in sheet.get_size())
    left, right = _span(box.x_mm, box.right_mm, columns)
    top, bottom = _span(box.y_mm, box.bottom_mm, rows)
    # Less half a pixel: the renderer rounds up.
    crop = tuple((side - 0.5) / SCALE for side in (left, rows - bottom, columns - right, top))
    pixels = sheet.render(scale=SCALE, crop=crop, rev_byteorder=True).to_numpy()[..., :3]
    return Window(pixels, left / PX_PER_MM, top / PX_PER_MM)


def _span(start_mm: float, end_mm: float, pixels: int) -> tuple[int, int]:
    start = min(max(0, math.floor(start_mm * PX_PER_MM)), pixels - 1)
    return start, min(max(start + 1, math.ceil(end_mm * PX_PER_MM)), pixels)
