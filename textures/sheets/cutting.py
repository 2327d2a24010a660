"""Cut lines as SVG in millimetres, for home cutters and for laying pieces out."""

from collections.abc import Sequence
from xml.sax.saxutils import escape

import shapely

from textures.sheets.article import Article, Box, Piece
from textures.sheets.frame import LABEL

HAIRLINE_MM = 0.1


def outlines_svg(article: Article, pieces: Sequence[Piece], view: Box, layer: str) -> bytes:
    """The cut lines of pieces in a layer of this name, seen through a rectangle of the face.

    Width, height and viewBox are in mm and coordinates are those of the face, so a piece has the same ones in
    every file. Nothing but cut lines is drawn: a cutter would follow anything else.
    """
    paths = "".join(
        f'<path id="piece-{piece.number}" d="{outline_path(piece.outline)}"/>' for piece in pieces
    )
    size = f'width="{view.width_mm:.3f}mm" height="{view.height_mm:.3f}mm"'
    frame = f'viewBox="{view.x_mm:.3f} {view.y_mm:.3f} {view.width_mm:.3f} {view.height_mm:.3f}"'
    style = f'fill="none" stroke="#ff00ff" stroke-width="{HAIRLINE_MM}" fill-rule="evenodd"'
    title = escape(f"{LABEL} {article.id}: {article.title}")
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<svg xmlns="http://www.w3.org/2000/svg" {size} {frame}>'
        f'<title>{title}</title><g id="{layer}" {style}>{paths}</g></svg>\n'
    )
    return text.encode()


def outline_path(shape: shapely.MultiPolygon) -> str:
    """The SVG path of polygons with holes, to 0.001 mm; fill it with the even-odd rule."""
    rings = [ring for part in shape.geoms for ring in (part.exterior, *part.interiors)]
    return "".join("M" + "L".join(f"{x:.3f} {y:.3f}" for x, y in ring.coords[:-1]) + "Z" for ring in rings)
