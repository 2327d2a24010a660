"""Writing on pictures: the colours of paper and verdicts, a letter, and lines that fit."""

from PIL import ImageDraw, ImageFont

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

PAPER, INK, SOFT = (251, 250, 248), (28, 29, 32), (98, 101, 109)
# Goal reached, read as what it is, neither.
REACHED, RIGHT, LOST = (200, 69, 27), (42, 117, 72), (147, 96, 11)


def font(size_px: float) -> Font:
    """The letter that every installation has."""
    return ImageFont.load_default(size_px)


def fitting(pen: ImageDraw.ImageDraw, line: str, width_px: float, letter: Font) -> str:
    """The line, cut in its middle until it is no wider than so many pixels."""
    cut = line
    while pen.textlength(cut, font=letter) > width_px and len(cut) > 4:
        line = line[: len(line) // 2 - 1] + line[len(line) // 2 + 1 :]
        cut = line[: len(line) // 2] + "…" + line[len(line) // 2 :]
    return cut
