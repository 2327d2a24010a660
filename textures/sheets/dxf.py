"""Cut lines as DXF in millimetres, for cutters that read nothing else.

Release 12, which every program reads: closed polylines in one layer, y up, origin at the lower left.
"""

from collections.abc import Iterator, Sequence

from textures.sheets.article import Box, Piece

MAGENTA = 6
CLOSED = 1
MILLIMETRES = 4


def outlines_dxf(pieces: Sequence[Piece], view: Box, layer: str) -> bytes:
    """The cut lines of pieces in a layer of this name; (0, 0) is the lower left corner of `view`."""
    corner = f"{view.width_mm:.4f}", f"{view.height_mm:.4f}"
    lines = [
        *_tags((0, "SECTION"), (2, "HEADER"), (9, "$ACADVER"), (1, "AC1009"), (9, "$INSUNITS")),
        *_tags((70, MILLIMETRES), (9, "$EXTMIN"), (10, 0.0), (20, 0.0), (30, 0.0)),
        *_tags((9, "$EXTMAX"), (10, corner[0]), (20, corner[1]), (30, 0.0), (0, "ENDSEC")),
        *_tags((0, "SECTION"), (2, "TABLES"), (0, "TABLE"), (2, "LAYER"), (70, 1), (0, "LAYER")),
        *_tags((2, layer), (70, 0), (62, MAGENTA), (6, "CONTINUOUS"), (0, "ENDTAB"), (0, "ENDSEC")),
        *_tags((0, "SECTION"), (2, "ENTITIES")),
    ]
    for piece in pieces:
        for part in piece.outline.geoms:
            for ring in (part.exterior, *part.interiors):
                lines += _polyline([(x - view.x_mm, view.bottom_mm - y) for x, y in ring.coords[:-1]], layer)
    lines += _tags((0, "ENDSEC"), (0, "EOF"))
    return ("\r\n".join(lines) + "\r\n").encode("ascii", "replace")


def _polyline(corners: list[tuple[float, float]], layer: str) -> Iterator[str]:
    yield from _tags((0, "POLYLINE"), (8, layer), (66, 1), (70, CLOSED), (10, 0.0), (20, 0.0), (30, 0.0))
    for x, y in corners:
        yield from _tags((0, "VERTEX"), (8, layer), (10, f"{x:.4f}"), (20, f"{y:.4f}"), (30, 0.0))
    yield from _tags((0, "SEQEND"), (8, layer))


def _tags(*pairs: tuple[int, object]) -> Iterator[str]:
    """A group code and its value, a line each."""
    for code, value in pairs:
        yield f"{code:3d}"
        yield str(value)
