"""The cut lines of a page, read back from the drawing commands of the PDF (ISO 32000-1, 8.5)."""

from dataclasses import dataclass, field

import numpy as np
import pikepdf

from textures.sheets.manifest import BoxMm

MM_PER_POINT = 25.4 / 72
PAINT = ("S", "s", "f", "F", "f*", "B", "B*", "b", "b*", "n")
# Of the drawing commands, those that change the matrix, the colour of strokes or the path.
READ = " ".join(("q", "Q", "cm", "CS", "G", "RG", "K", "m", "l", "h", *PAINT))


@dataclass(frozen=True)
class CutPath:
    """One ring in mm of the page, y down, and whether the PDF closes it."""

    points: tuple[tuple[float, float], ...]
    closed: bool


@dataclass
class _Reader:
    """Graphics state: the matrix, the colour space of strokes, and the path under way, in its own units."""

    matrix: np.ndarray = field(default_factory=lambda: np.eye(3))
    space: str = ""
    saved: list[tuple[np.ndarray, str]] = field(default_factory=list)
    rings: list[tuple[list[list], bool]] = field(default_factory=list)

    def on_page(self, ring: list[list], height_mm: float) -> tuple[tuple[float, float], ...]:
        """A ring of the path in mm of the page, y down."""
        points = np.array([[float(x), float(y), 1.0] for x, y in ring]) @ self.matrix
        return tuple((float(x) * MM_PER_POINT, height_mm - float(y) * MM_PER_POINT) for x, y, _ in points)


def cut_paths(page: pikepdf.Page, height_mm: float, spot: str) -> list[CutPath]:
    """The rings that are stroked in the spot colour of this name."""
    spaces = page.obj.Resources.get("/ColorSpace", pikepdf.Dictionary())
    ours = {name for name, space in spaces.items() if _names(space) == ("/Separation", f"/{spot}")}
    state, found = _Reader(), list[CutPath]()
    for instruction in pikepdf.parse_content_stream(page, READ):
        operator = str(instruction.operator)
        if operator in ("S", "s") and state.space in ours:
            found += [CutPath(state.on_page(ring, height_mm), closed) for ring, closed in state.rings]
        _apply(state, operator, list(instruction.operands))
    return found


def _names(space: pikepdf.Object) -> tuple[str, ...]:
    return tuple(str(part) for part in list(space)[:2]) if isinstance(space, pikepdf.Array) else ()


def _apply(state: _Reader, operator: str, operands: list) -> None:
    if operator == "q":
        state.saved.append((state.matrix, state.space))
    elif operator == "Q":
        state.matrix, state.space = state.saved.pop()
    elif operator == "cm":
        a, b, c, d, e, f = (float(value) for value in operands)
        state.matrix = np.array([[a, b, 0], [c, d, 0], [e, f, 1]]) @ state.matrix
    elif operator == "CS":
        state.space = str(operands[0])
    elif operator in ("G", "RG", "K"):
        state.space = ""
    else:
        _draw(state, operator, operands)


def _draw(state: _Reader, operator: str, operands: list) -> None:
    if operator == "m":
        state.rings.append(([operands], False))
    elif operator == "l" and state.rings:
        state.rings[-1][0].append(operands)
    elif operator == "h" and state.rings:
        state.rings[-1] = (state.rings[-1][0], True)
    elif operator in PAINT:
        state.rings = []


def box_of(path: CutPath) -> BoxMm:
    """The rectangle around a path: left, top, width, height in mm."""
    points = np.array(path.points)
    low, high = points.min(0), points.max(0)
    return float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1])
