"""SVG documents drawn as pixels, one way for masks, sign faces and the pieces of stickers."""

import io

import numpy as np
import resvg_py
from jaxtyping import UInt8
from PIL.PngImagePlugin import PngImageFile

# CSS has so many pixels to the inch. Without it resvg takes every length in mm, cm, in or pt for nought.
CSS_DPI = 96


def svg_png(source: str, width_px: int, height_px: int | None = None) -> bytes:
    """A document as PNG, clear where nothing is painted; it keeps the proportions of its canvas.

    With a height it is as large as fits into both. Raises ValueError for what cannot be drawn.
    """
    return resvg_py.svg_to_bytes(
        svg_string=source, width=width_px, height=height_px, dpi=CSS_DPI, skip_system_fonts=True
    )


def svg_pixels(source: str, width_px: int, height_px: int | None = None) -> UInt8[np.ndarray, "h w 4"]:
    """A document as RGBA; as `svg_png`."""
    # Image.open would take a large face of our own for a bomb.
    pixels: np.ndarray = np.array(
        PngImageFile(io.BytesIO(svg_png(source, width_px, height_px))).convert("RGBA")
    )
    return pixels
