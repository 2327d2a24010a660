"""The colour chart and the small strip: fields of known sRGB colours, from which a camera learns a printer.

The chart is a grid of 6 levels a channel among scattered fields of bare paper, from which uneven light is
estimated; the order is random, so that light that falls off to one side is no colour ramp.
"""

import itertools
import math

import numpy as np
import torch

from textures.sheets.article import Art, Box
from textures.sheets.manifest import Cell

Srgb = tuple[int, int, int]
LEVELS = (0, 51, 102, 153, 204, 255)
PAPER: Srgb = (255, 255, 255)
COLUMNS, ROWS = 15, 18
STRIP_COLUMNS, STRIP_ROWS = 12, 2
# From 3 mm, of which a phone at arm's length still sees 10 px, to 14 mm; no camera needs more.
SMALLEST_MM, LARGEST_MM = 3.0, 14.0
# Drawn at 254 dpi with all edges on whole pixels.
PIXELS_PER_MM = 10
GAP_SHARE = 0.03
SEED = 20_390


def chart_colours() -> tuple[Srgb, ...]:
    """The 216 colours of the grid and 54 fields of bare paper more, shuffled; always the same."""
    grid = list(itertools.product(LEVELS, LEVELS, LEVELS))
    fields = grid + [PAPER] * (COLUMNS * ROWS - len(grid))
    order = torch.randperm(len(fields), generator=torch.Generator().manual_seed(SEED))
    return tuple(fields[i] for i in order.tolist())


def strip_colours() -> tuple[Srgb, ...]:
    """24 colours: eight greys from paper to black, and the corners and the middles of the colour cube."""
    greys: list[Srgb] = [(level, level, level) for level in (255, 219, 182, 146, 109, 73, 36, 0)]
    vivid = [
        colour
        for levels in ((0, 255), (64, 191))
        for colour in itertools.product(levels, levels, levels)
        if len(set(colour)) > 1
    ]
    return (*greys, *vivid, (255, 128, 0), (0, 128, 255), (128, 0, 64), (64, 128, 0))


def cells_in(room: Box, colours: tuple[Srgb, ...], columns: int) -> tuple[Cell, ...]:
    """Square fields of these colours, row by row, centred in a room; none where they would be too small.

    A little paper stays between them: the ink of neighbours does not run together, and the grid is seen.
    """
    rows = math.ceil(len(colours) / columns)
    pitch = min(room.width_mm / columns, room.height_mm / rows, LARGEST_MM)
    pitch = math.floor(pitch * PIXELS_PER_MM + 1e-9) / PIXELS_PER_MM
    if pitch < SMALLEST_MM:
        return ()
    gap = math.ceil(pitch * GAP_SHARE * PIXELS_PER_MM) / PIXELS_PER_MM
    left = room.x_mm + (room.width_mm - columns * pitch) / 2
    top = room.y_mm + (room.height_mm - rows * pitch) / 2
    side = pitch - 2 * gap

    def box(i: int) -> tuple[float, float, float, float]:
        x, y = left + i % columns * pitch + gap, top + i // columns * pitch + gap
        return round(x, 4), round(y, 4), round(side, 4), round(side, 4)

    return tuple(Cell(colour, box(i)) for i, colour in enumerate(colours))


def chart_art(cells: tuple[Cell, ...]) -> Art:
    """The fields as one picture: drivers treat drawings in other ways, and articles are pictures."""
    left, top = (min(cell.box_mm[axis] for cell in cells) for axis in (0, 1))
    right, bottom = (max(cell.box_mm[axis] + cell.box_mm[axis + 2] for cell in cells) for axis in (0, 1))
    size = [round(length * PIXELS_PER_MM) for length in (bottom - top, right - left)]
    texels = np.full((*size, 3), 255, dtype=np.uint8)
    for cell in cells:
        x, y, width, height = cell.box_mm
        column, row = round((x - left) * PIXELS_PER_MM), round((y - top) * PIXELS_PER_MM)
        down, across = round(height * PIXELS_PER_MM), round(width * PIXELS_PER_MM)
        texels[row : row + down, column : column + across] = cell.srgb
    return Art(texels, Box(left, top, right - left, bottom - top))
