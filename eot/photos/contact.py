"""The contact sheet: every photo small, with what was read in it, on one picture."""

import io
from collections.abc import Mapping, Sequence

from PIL import Image, ImageDraw

from eot.photos.measured import Measured
from eot.photos.thumbnail import SIDE_PX
from eot.report.lettering import INK, LOST, PAPER, REACHED, RIGHT, SOFT, fitting, font

COLUMNS = 6
TILE_PX, TEXT_PX, GAP_PX = 192, 50, 8
# Photos on one sheet; more are drawn evenly from all of them.
MOST = 240


def contact_sheet(photos: Sequence[Measured], views: Mapping[str, bytes], label: Mapping[int, str]) -> bytes:
    """A JPEG with a tile per photo in the order given; `views` has its picture by name."""
    shown = [photos[i * len(photos) // MOST] for i in range(MOST)] if len(photos) > MOST else photos
    rows = max(1, -(-len(shown) // COLUMNS))
    pitch = TILE_PX + GAP_PX, TILE_PX + TEXT_PX + GAP_PX
    sheet = Image.new("RGB", (COLUMNS * pitch[0] + GAP_PX, rows * pitch[1] + GAP_PX), PAPER)
    for index, photo in enumerate(shown):
        row, column = divmod(index, COLUMNS)
        corner = GAP_PX + column * pitch[0], GAP_PX + row * pitch[1]
        _tile(sheet, corner, photo, views.get(photo.shot.view), label)
    stream = io.BytesIO()
    sheet.save(stream, "JPEG", quality=88)
    return stream.getvalue()


def _tile(
    sheet: Image.Image,
    corner: tuple[int, int],
    photo: Measured,
    jpeg: bytes | None,
    label: Mapping[int, str],
) -> None:
    x, y = corner
    draw = ImageDraw.Draw(sheet)
    if jpeg:
        picture = Image.open(io.BytesIO(jpeg)).convert("RGB")
        picture.thumbnail((min(TILE_PX, SIDE_PX), TILE_PX))
        sheet.paste(picture, (x + (TILE_PX - picture.width) // 2, y + (TILE_PX - picture.height) // 2))
    colour = colour_of(photo)
    draw.rectangle((x, y + TILE_PX, x + TILE_PX - 1, y + TILE_PX + 2), fill=colour)
    shot = photo.shot
    words = f"{label.get(shot.reading[0], str(shot.reading[0]))} {100 * shot.confidence[0]:.0f} %"
    lines = [(words, colour), (f"{shot.arm}  {place_of(photo)}", INK), (shot.name, SOFT)]
    for i, (line, ink) in enumerate(lines):
        shown = fitting(draw, line, TILE_PX, font(11))
        draw.text((x, y + TILE_PX + 5 + 14 * i), shown, fill=ink, font=font(11))


def colour_of(photo: Measured) -> tuple[int, int, int]:
    """What became of it: goal reached, read as what it is, or neither."""
    if photo.shot.reached:
        return REACHED
    return RIGHT if photo.shot.right else LOST


def place_of(photo: Measured) -> str:
    """Distance and yaw in words, as far as they are known."""
    if photo.distance_m is None:
        return "place unknown"
    yaw = "" if photo.yaw_deg is None else f", {photo.yaw_deg:+.0f}°"
    doubt = " ?" if photo.pose is not None and photo.pose.ambiguous else ""
    return f"{photo.distance_m:.2f} m{yaw}{doubt}"
