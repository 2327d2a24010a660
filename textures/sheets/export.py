"""All one takes to a printer: the sheet (PDF), the pieces (PNG), their outlines (SVG), the figures (JSON)."""

import json
from collections.abc import Mapping
from typing import Any

from textures.sheets.article import Article, Box, Piece, pieces_of
from textures.sheets.cutting import outlines_svg
from textures.sheets.frame import LABEL, SCALE_BAR_MM
from textures.sheets.images import piece_png
from textures.sheets.layout import BLEED_MM, Plan, plan
from textures.sheets.pdf import CUT_SPOT, sheet_pdf


def export_sheet(article: Article, page: str = "auto") -> Mapping[str, bytes]:
    """The files of an article, the same bytes each time: `{name: bytes}`.

    `sheet.pdf` is what to print; `piece-N.png` the pieces, clear around the cut line, with their dpi;
    `piece-N.svg` and `outlines.svg` (all pieces in place) the cut lines in mm; `sheet.json` all figures.
    `page` is A4, A3, Letter, Tabloid or auto. Raises InputError for another page.
    """
    pieces = pieces_of(article)
    layout = plan([piece.box for piece in pieces], page)
    whole = Box(0, 0, article.width_mm, article.height_mm)
    files = {
        "sheet.pdf": sheet_pdf(article, pieces, layout),
        "outlines.svg": outlines_svg(article, pieces, whole, CUT_SPOT),
    }
    for piece in pieces:
        files[f"piece-{piece.number}.png"] = piece_png(article, piece)
        files[f"piece-{piece.number}.svg"] = outlines_svg(article, [piece], piece.box, CUT_SPOT)
    text = json.dumps(_figures(article, pieces, layout), indent=1, ensure_ascii=False)
    files["sheet.json"] = (text + "\n").encode()
    return files


def _figures(article: Article, pieces: list[Piece], layout: Plan) -> dict[str, Any]:
    """What was printed, in mm on the face from its top left."""
    return {
        "schema": 1,
        "label": LABEL,
        "id": article.id,
        "title": article.title,
        "run": article.run_hash,
        "face_mm": [article.width_mm, article.height_mm],
        "texels": [article.face.shape[2], article.face.shape[1]],
        "paper": layout.paper.name,
        "scale_bar_mm": SCALE_BAR_MM,
        "bleed_mm": BLEED_MM,
        "cut_spot": CUT_SPOT,
        "pieces": [_piece(piece, layout) for piece in pieces],
    }


def _piece(piece: Piece, layout: Plan) -> dict[str, Any]:
    box = piece.box
    return {
        "number": piece.number,
        "box_mm": [round(side, 3) for side in (box.x_mm, box.y_mm, box.width_mm, box.height_mm)],
        "area_mm2": round(piece.outline.area, 1),
        "tiles": sum(tile.piece == piece.number - 1 for tile in layout.tiles),
        "image": f"piece-{piece.number}.png",
        "outline": f"piece-{piece.number}.svg",
    }
