"""The sheet as PDF at true size: where the pieces go, the pieces to cut, and how large ones are assembled."""

from itertools import groupby

from textures.sheets.article import Article, Piece
from textures.sheets.drawings import draw_assembly, draw_placement
from textures.sheets.finish import finished
from textures.sheets.frame import LABEL, Folio
from textures.sheets.layout import Plan
from textures.sheets.pages import draw_piece_page, draw_tile_page
from textures.sheets.pen import Pen

# Printers of labels look for a spot colour of exactly this name; some ask for another.
CUT_SPOT = "CutContour"
MAPS_PER_PAGE = 4


def sheet_pdf(article: Article, pieces: list[Piece], layout: Plan, spot: str = CUT_SPOT) -> bytes:
    """A PDF of these pages, in which a millimetre is a millimetre.

    The same article gives the same bytes. Images are lossless sRGB at 300 dpi or more, texels in whole
    blocks; the cut line is a vector in the spot colour `spot`.
    """
    by_piece = [(pieces[i], list(tiles)) for i, tiles in groupby(layout.tiles, lambda t: t.piece)]
    maps = [by_piece[i : i + MAPS_PER_PAGE] for i in range(0, len(by_piece), MAPS_PER_PAGE)]
    count = 1 + len(layout.whole) + len(layout.tiles) + len(maps)
    pen = Pen(f"{LABEL} {article.id}: {article.title}", f"run {article.run_hash}")
    draw_placement(pen, article, pieces, layout.paper, Folio(1, count, article.title))
    number = 1
    for whole in layout.whole:
        number += 1
        named = ", ".join(str(pieces[p.piece].number) for p in whole.placed)
        folio = Folio(number, count, f"piece {named}")
        draw_piece_page(pen, article, pieces, whole, folio, spot=spot)
    for tile in layout.tiles:
        number += 1
        piece = pieces[tile.piece]
        words = f"piece {piece.number}, page {tile.name}: row {tile.row + 1} of {tile.rows}, "
        folio = Folio(number, count, words + f"column {tile.column + 1} of {tile.columns}")
        draw_tile_page(pen, article, piece, tile, folio, spot=spot)
    for mapped in maps:
        number += 1
        draw_assembly(
            pen, article, mapped, layout.paper, Folio(number, count, "assembly of the large pieces")
        )
    return finished(pen.close())
