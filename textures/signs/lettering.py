"""Road lettering: capitals and numerals of one even stroke, drawn here from centrelines.

Highway alphabets keep one stroke width whatever the width of the letter, so a glyph is a centreline in a unit
box (x to the right, y down) that is stretched to the letter's width and then given its stroke. The series of
the US standard alphabets differ in the ratios stroke / height and width / height only.

Centreline language: `M x y` start, `L x y` line, `K cx cy x y` quarter turn towards the corner (cx, cy),
`Z` close.
Points outside 0 ... 1 in y are cut off at the letter's top and bottom: slanted strokes then end level.
"""

from dataclasses import dataclass
from functools import lru_cache

from shapely.geometry import LineString, box
from shapely.geometry.base import BaseGeometry

from renders.errors import InputError, nearest
from textures.signs.shapes import Points, centred, joined, moved

CORNER = 0.62  # 0.552 would be an ellipse; road numerals are a little squarer


@dataclass(frozen=True)
class Series:
    """One alphabet: stroke and letter width over letter height, gap between letters over height."""

    stroke: float
    width: float
    gap: float


B = Series(stroke=0.125, width=0.40, gap=0.13)
C = Series(stroke=0.145, width=0.47, gap=0.14)
D = Series(stroke=0.160, width=0.56, gap=0.16)
E = Series(stroke=0.180, width=0.66, gap=0.17)

# letter: width over the series' width, centreline
_LETTERS: dict[str, tuple[float, str]] = {
    "A": (1.12, "M -.05 1.1 L .5 0 L 1.05 1.1 M .17 .70 L .83 .70"),
    "D": (1.0, "M 0 0 L .45 0 K 1 0 1 .35 L 1 .65 K 1 1 .45 1 L 0 1 Z"),
    "E": (0.9, "M 1 0 L 0 0 L 0 1 L 1 1 M 0 .5 L .85 .5"),
    "G": (1.0, "M 1 .30 K 1 0 .5 0 K 0 0 0 .32 L 0 .68 K 0 1 .5 1 K 1 1 1 .70 L 1 .55 L .55 .55"),
    "I": (0.0, "M .5 0 L .5 1.1 M .5 -.1 L .5 .5"),
    "L": (0.88, "M 0 -.2 L 0 1 L 1 1"),
    "M": (1.2, "M 0 1.2 L 0 0 L .5 .72 L 1 0 L 1 1.2"),
    "N": (1.0, "M 0 1.2 L 0 0 L 1 1 L 1 -.2"),
    "O": (1.0, "M 0 .35 K 0 0 .5 0 K 1 0 1 .35 L 1 .65 K 1 1 .5 1 K 0 1 0 .65 Z"),
    "P": (1.0, "M 0 1.2 L 0 0 L .5 0 K 1 0 1 .28 K 1 .56 .5 .56 L 0 .56"),
    "R": (1.0, "M 0 1.2 L 0 0 L .5 0 K 1 0 1 .27 K 1 .54 .5 .54 L 0 .54 M .5 .54 L 1.06 1.14"),
    "S": (1.0, "M 1 .28 K 1 0 .5 0 K 0 0 0 .25 K 0 .42 .35 .46 L .65 .54 K 1 .58 1 .75 K 1 1 .5 1"
               " K 0 1 0 .72"),
    "T": (0.95, "M -.1 0 L 1.1 0 M .5 0 L .5 1.2"),
    "W": (1.45, "M -.035 -.15 L .25 1 L .5 0 L .75 1 L 1.035 -.15"),
    "Y": (1.1, "M -.09 -.12 L .5 .58 L 1.09 -.12 M .5 .5 L .5 1.2"),
    "Z": (0.95, "M 0 0 L 1 0 L 0 1 L 1 1"),
    "m": (1.2, "M 0 1.2 L 0 .22 M 0 .6 K 0 .38 .25 .38 K .5 .38 .5 .6 L .5 1.2 M .5 .6"
               " K .5 .38 .75 .38 K 1 .38 1 .6 L 1 1.2"),
    ".": (0.0, "M .5 .97 L .5 1.2"),
}  # fmt: skip
_NUMERALS: dict[str, tuple[float, str]] = {
    "0": (1.0, "M 0 .35 K 0 0 .5 0 K 1 0 1 .35 L 1 .65 K 1 1 .5 1 K 0 1 0 .65 Z"),
    "1": (0.4, "M 1 1.2 L 1 0 L .0 .24"),
    "2": (1.0, "M 0 .30 K 0 0 .5 0 K 1 0 1 .28 K 1 .47 .75 .6 L 0 1 L 1.1 1"),
    "3": (1.0, "M 0 .27 K 0 0 .5 0 K .97 0 .97 .25 K .97 .48 .35 .48 M .4 .48 K 1 .48 1 .74"
               " K 1 1 .5 1 K 0 1 0 .73"),
    "4": (1.08, "M .76 1.2 L .76 0 L 0 .72 L 1.08 .72"),
    "5": (1.0, "M 1.02 0 L .12 0 L .05 .52 M .02 .49 K .22 .37 .52 .37 K 1 .37 1 .68 K 1 1 .5 1 K 0 1 0 .74"),
    "6": (1.0, "M .98 .26 K .96 0 .52 0 K 0 0 0 .36 L 0 .68 K 0 1 .5 1 K 1 1 1 .70 K 1 .42 .52 .42"
               " K 0 .42 0 .70"),
    "7": (1.0, "M -.1 0 L 1 0 L .26 1.12"),
    "8": (1.0, "M .5 0 K .95 0 .95 .24 K .95 .47 .5 .47 K .05 .47 .05 .24 K .05 0 .5 0 Z"
               " M .5 .47 K 1 .47 1 .73 K 1 1 .5 1 K 0 1 0 .73 K 0 .47 .5 .47 Z"),
    "9": (1.0, "M .02 .74 K .04 1 .48 1 K 1 1 1 .64 L 1 .32 K 1 0 .5 0 K 0 0 0 .30 K 0 .58 .48 .58"
               " K 1 .58 1 .30"),
}  # fmt: skip
GLYPHS = _LETTERS | _NUMERALS


def text(words: str, height_mm: float, series: Series = C) -> BaseGeometry:
    """One line of lettering, `height_mm` tall, centred on the origin."""
    shapes, x_mm = [], 0.0
    for character in words:
        if character == " ":
            x_mm += 0.45 * height_mm
            continue
        glyph, advance_mm = _glyph(character, height_mm, series)
        shapes.append(moved(glyph, x_mm, 0))
        x_mm += advance_mm + series.gap * height_mm
    return centred(joined(*shapes))


@lru_cache(maxsize=512)
def _glyph(character: str, height_mm: float, series: Series) -> tuple[BaseGeometry, float]:
    """The filled glyph with its left edge at x = 0 and its top at y = 0, and its width."""
    if character not in GLYPHS:
        raise InputError(f"the road alphabet has no {character!r}; {nearest(character, GLYPHS)}")
    relative_width, centreline = GLYPHS[character]
    pen = series.stroke * height_mm
    width_mm = pen + max(0.0, series.width * height_mm - pen) * relative_width

    def place(points: Points) -> Points:
        return [(pen / 2 + x * (width_mm - pen), pen / 2 + y * (height_mm - pen)) for x, y in points]

    lines = [LineString(place(points)) for points in centrelines(centreline)]
    inked = joined(
        *(line.buffer(pen / 2, cap_style="flat", join_style="mitre", mitre_limit=8) for line in lines)
    )
    return inked.intersection(box(-height_mm, 0, 2 * height_mm, height_mm)), width_mm


def centrelines(path: str) -> list[list[tuple[float, float]]]:
    """The polylines of a path in the centreline language above; curves become 12 chords per quarter turn."""
    tokens, position = path.split(), 0
    lines: list[list[tuple[float, float]]] = []

    def numbers(count: int) -> list[float]:
        nonlocal position
        position += count
        return [float(t) for t in tokens[position - count : position]]

    while position < len(tokens):
        command, position = tokens[position], position + 1
        if command == "M":
            x, y = numbers(2)
            lines.append([(x, y)])
        elif command == "L":
            x, y = numbers(2)
            lines[-1].append((x, y))
        elif command == "K":
            cx, cy, x, y = numbers(4)
            lines[-1] += _turn(lines[-1][-1], (cx, cy), (x, y))
        elif command == "Z":
            # Run on past the start so that the corner there is joined like every other.
            lines[-1] += lines[-1][:2]
    return lines


def _turn(
    start: tuple[float, float], corner: tuple[float, float], end: tuple[float, float]
) -> list[tuple[float, float]]:
    """A cubic from start to end that leaves and arrives along the two sides of the corner."""
    points = []
    for step in range(1, 13):
        t = step / 12
        weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
        axes = []
        for s, c, e in zip(start, corner, end, strict=True):
            knots = (s, s + CORNER * (c - s), e + CORNER * (c - e), e)
            axes.append(sum(w * k for w, k in zip(weights, knots, strict=True)))
        points.append((axes[0], axes[1]))
    return points
