"""Lengths and colours read off windows of a page; images are `[h w 3]`, 8 bits, boxes in mm, y down."""

import numpy as np
from jaxtyping import Float, UInt8

from textures.sheets.fiducials import CELLS, bits_of
from textures.sheets.frame import BAND_MM, SCALE_BAR_MM, UPRIGHT_MM
from textures.sheets.layout import MARGIN_MM
from textures.sheets.manifest import BoxMm

Pixels = UInt8[np.ndarray, "h w 3"]
# Beyond the shorter ticks of a bar there are its end ticks only.
END_TICKS_MM = (1.75, 2.2)
# What of the lower left corner of a page holds both bars.
BARS_MM = SCALE_BAR_MM + 30.0


def bars_mm(pixels: Pixels, dpi: float) -> list[float]:
    """The lengths of the bars at the bottom and the left of a page's corner; infinite where there is none."""
    px = dpi / 25.4
    height = len(pixels) / px
    low, high = END_TICKS_MM
    rows = _darkness(pixels[round((height - BAND_MM - high) * px) : round((height - BAND_MM - low) * px)])
    columns = _darkness(pixels[:, round((UPRIGHT_MM - high) * px) : round((UPRIGHT_MM - low) * px)])
    across = rows[:, : round((MARGIN_MM + SCALE_BAR_MM + 1.5) * px)].mean(0)
    down = columns[: round((height - MARGIN_MM) * px)].mean(1)
    # The label lies further up at the left than the upright bar reaches.
    down[: round((height - MARGIN_MM - SCALE_BAR_MM - 12) * px)] = 0
    return [_between_ends(profile) / px for profile in (across, down)]


def _darkness(pixels: Pixels) -> Float[np.ndarray, "h w"]:
    """0 where it is white, 255 where it is black. Of the part that is needed: of a whole page it is slow."""
    dark: np.ndarray = 255.0 - pixels.mean(-1)
    return dark


def _between_ends(profile: Float[np.ndarray, " n"]) -> float:
    """The distance between the middles of the two peaks of a profile."""
    tall = np.flatnonzero(profile > 0.4 * profile.max(initial=1e-9))
    groups = np.split(tall, np.flatnonzero(np.diff(tall) > 3) + 1)
    if len(groups) != 2:
        return float("inf")
    middles = []
    for group in groups:
        near = np.arange(max(0, group[0] - 2), min(len(profile), group[-1] + 3))
        middles.append(float((profile[near] * near).sum() / profile[near].sum()))
    return middles[1] - middles[0]


def marker_error_mm(pixels: Pixels, box: BoxMm, number: int, dpi: float) -> float:
    """The largest distance of a marker's four edges from where they belong; infinite if it is another one."""
    x, y, side, _ = box
    px, cell = dpi / 25.4, side / CELLS
    # The marker and a cell around it, and where it is in there.
    left, top = (max(0, int((start - cell) * px)) for start in (x, y))
    reach = round((side + 3 * cell) * px)
    grey = 1 - _darkness(pixels[top : top + reach, left : left + reach]) / 255
    x, y = x - left / px, y - top / px
    centres = (np.arange(CELLS) + 0.5) * cell
    read = grey[((y + centres) * px).astype(int)[:, None], ((x + centres) * px).astype(int)] > 0.5
    if not np.array_equal(read, bits_of(number).astype(bool)):
        return float("inf")
    errors = []
    for picture, across, along in ((grey, x, y), (grey.T, y, x)):
        band = picture[round((along + cell) * px) : round((along + side - cell) * px)].mean(0)
        for edge, inward in ((across, 1), (across + side, -1)):
            errors.append(abs(_edge(band, edge * px, inward, 0.8 * cell * px)) / px)
    return max(errors)


def _edge(profile: Float[np.ndarray, " n"], expected: float, inward: int, reach: float) -> float:
    """How far an edge between white and black lies from where it is expected, in pixels.

    The black area within reach tells it: the edge of pixel i is at i, so an area is a length.
    """
    start, stop = round(expected - reach), round(expected + reach)
    window = profile[max(0, start) : stop]
    black = (window.max() - window).sum() / max(window.max() - window.min(), 1e-9)
    found = stop - black if inward > 0 else max(0, start) + black
    return float(found - expected)


def field_error(pixels: Pixels, box: BoxMm, srgb: tuple[int, int, int], dpi: float) -> float:
    """The largest difference in levels of the middle of a field from its colour."""
    x, y, width, height = (side * dpi / 25.4 for side in box)
    rows = slice(round(y + 0.3 * height), max(round(y + 0.7 * height), round(y + 0.3 * height) + 1))
    columns = slice(round(x + 0.3 * width), max(round(x + 0.7 * width), round(x + 0.3 * width) + 1))
    seen = np.median(pixels[rows, columns].reshape(-1, 3), axis=0)
    return float(np.abs(seen - np.array(srgb)).max())
