"""Sticker pieces as PNG images that know their size: clear around the cut line."""

import io

import numpy as np
from jaxtyping import UInt8
from PIL import Image, PngImagePlugin

from textures.sheets.article import Article, Box, Piece, art_of
from textures.sheets.cutting import outline_path
from textures.sheets.frame import LABEL
from textures.svg import svg_pixels

# Of larger pieces the resolution falls: texels are far coarser than this anyway.
MAX_SIDE_PX = 8192
METRES_PER_INCH = 0.0254
BLEED_PX = 2


def piece_png(article: Article, piece: Piece, dpi: float) -> bytes:
    """One piece, RGBA; the canvas is the piece's rectangle to half a pixel. Above 8192 px its dpi falls."""
    per_metre, size = pixels_of(piece.box, dpi)
    image = Image.fromarray(_texels_under(article, piece, size))
    image.putalpha(_inside(piece, size))
    notes = PngImagePlugin.PngInfo()
    notes.add_itxt("Title", f"{LABEL} {article.id}: {article.title}, piece {piece.number}")
    out = io.BytesIO()
    image.save(out, "PNG", dpi=(per_metre * METRES_PER_INCH,) * 2, pnginfo=notes)
    return out.getvalue()


def pixels_of(box: Box, dpi: float) -> tuple[int, tuple[int, int]]:
    """Pixels per metre, and columns and rows: the size follows from them, as PNG keeps whole ones only."""
    longest_m = max(box.width_mm, box.height_mm) / 1000
    per_metre = round(min(dpi / METRES_PER_INCH, MAX_SIDE_PX / longest_m))
    columns, rows = (max(1, round(side * per_metre / 1000)) for side in (box.width_mm, box.height_mm))
    return per_metre, (columns, rows)


def _texels_under(article: Article, piece: Piece, size: tuple[int, int]) -> UInt8[np.ndarray, "h w 3"]:
    """The colour of the texel under every pixel; colours go on past the cut line, so edges stay pure."""
    art = art_of(article, piece, BLEED_PX * max(article.texel_mm))
    columns = _index(size[0], piece.box.x_mm - art.box.x_mm, piece.box.width_mm, article.texel_mm[0])
    rows = _index(size[1], piece.box.y_mm - art.box.y_mm, piece.box.height_mm, article.texel_mm[1])
    return art.texels[rows[:, None], columns]


def _index(pixels: int, start_mm: float, length_mm: float, texel_mm: float) -> np.ndarray:
    """The texel under the centre of each pixel along one axis."""
    centres = start_mm + (np.arange(pixels) + 0.5) * length_mm / pixels
    return np.floor(centres / texel_mm).astype(int)


def _inside(piece: Piece, size: tuple[int, int]) -> Image.Image:
    """How much of each pixel lies within the cut line."""
    box = piece.box
    view = f"{box.x_mm:.4f} {box.y_mm:.4f} {box.width_mm:.4f} {box.height_mm:.4f}"
    document = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size[0]}" height="{size[1]}"'
        f' preserveAspectRatio="none" viewBox="{view}">'
        f'<path d="{outline_path(piece.outline)}" fill-rule="evenodd"/></svg>'
    )
    return Image.fromarray(svg_pixels(document, *size)[..., 3])
