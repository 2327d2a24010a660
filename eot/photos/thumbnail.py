"""A small picture of a photo for people: the article and its surroundings, its outline drawn in."""

import io

import cv2
import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from eot.photos.framing import cut_out, square_around

SIDE_PX = 256
# Side of the part that is shown, over the extent of the article.
AROUND = 2.0
OUTLINE = (255, 64, 129)


def thumbnail(levels: UInt8[np.ndarray, "h w 3"], corners_px: Float[np.ndarray, "4 2"] | None) -> bytes:
    """A JPEG of at most 256 px a side; the whole photo where the article's place is not known."""
    if corners_px is None:
        scale = SIDE_PX / max(levels.shape[:2])
        size = max(1, round(levels.shape[1] * scale)), max(1, round(levels.shape[0] * scale))
        return _jpeg(cv2.resize(levels, size, interpolation=cv2.INTER_AREA))
    left, top, side = square_around(corners_px, AROUND)
    part = cut_out(levels, left, top, side)
    how = cv2.INTER_AREA if side > SIDE_PX else cv2.INTER_LINEAR
    small = cv2.resize(part, (SIDE_PX, SIDE_PX), interpolation=how)
    # OpenCV draws in pixel centres, with sixteenths.
    outline = ((corners_px - (left, top)) * (SIDE_PX / side) - 0.5) * 16
    cv2.polylines(small, [np.round(outline).astype(np.int32)], True, OUTLINE, 1, cv2.LINE_AA, shift=4)
    return _jpeg(small)


def _jpeg(levels: UInt8[np.ndarray, "h w 3"]) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(levels).save(stream, "JPEG", quality=85)
    return stream.getvalue()
