"""Sign faces as images of any size, their colour continued past the outline so that filters do not bleed."""

import math
import struct
import zlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from renders.errors import InputError
from textures.signs.catalogue import drawing, find_sign
from textures.signs.drawing import document, silhouette
from textures.svg import svg_pixels, svg_png

MAX_SIDE_PX = 16_384
MM_PER_INCH = 25.4
# Faces up to this size are kept, 1 MB each; training asks for them again and again.
CACHED_PX = 512 * 512
# Bytes of a PNG up to the end of its first chunk.
PNG_HEADER = 33


@dataclass(frozen=True)
class Face:
    """A sign face: sRGB in [0, 1], and how much of each pixel the plate covers."""

    srgb: Float[Tensor, "3 h w"]
    coverage: Float[Tensor, "1 h w"]


def svg(sign_id: str) -> str:
    """The face as an SVG document at true size: width, height, viewBox in mm, clear outside the outline."""
    spec = find_sign(sign_id)
    return document(drawing(spec.id), drawing(spec.id).size_mm)


def face(sign_id: str, width_px: int, *, square: bool = False) -> Face:
    """The face rasterised at a width in pixels; height follows from the sign's shape.

    The canvas is the sign's bounding box, or with `square` a square of its longer side with the sign in its
    centre. Outside the outline `srgb` goes on in the edge's colour and `coverage` is 0. float32, on the CPU.
    """
    spec = find_sign(sign_id)
    size_mm = (spec.square_mm, spec.square_mm) if square else drawing(spec.id).size_mm
    height_px = _checked_px(max(1, round(_checked_px(width_px) * size_mm[1] / size_mm[0])))
    pixels = _pixels(spec.id, width_px, height_px, square)
    image = torch.from_numpy(pixels.copy()).permute(2, 0, 1).float() / 255
    return Face(srgb=image[:3].contiguous(), coverage=image[3:].contiguous())


def width_px_at(sign_id: str, dpi: float, *, square: bool = False) -> int:
    """The width in pixels at which the face, printed at true size, has the resolution."""
    spec = find_sign(sign_id)
    if not 0 < dpi < math.inf:
        raise InputError(f"expected a dpi above 0; got {dpi:g}: give e.g. 150")
    return max(1, round((spec.square_mm if square else spec.width_mm) / MM_PER_INCH * dpi))


def png(sign_id: str, dpi: float) -> bytes:
    """The face at true size as a PNG that knows its dpi; clear outside the outline."""
    spec = find_sign(sign_id)
    width_px = _checked_px(width_px_at(spec.id, dpi))
    height_px = _checked_px(max(1, round(spec.height_mm / MM_PER_INCH * dpi)))
    drawn = svg_png(document(drawing(spec.id), drawing(spec.id).size_mm), width_px, height_px)
    return with_dpi(drawn, dpi)


def with_dpi(image: bytes, dpi: float) -> bytes:
    """The same PNG with its resolution written behind the header (chunk pHYs, pixels per metre)."""
    per_metre = round(dpi / MM_PER_INCH * 1000)
    chunk = b"pHYs" + struct.pack(">IIB", per_metre, per_metre, 1)
    length, check = struct.pack(">I", len(chunk) - 4), struct.pack(">I", zlib.crc32(chunk))
    return image[:PNG_HEADER] + length + chunk + check + image[PNG_HEADER:]


def _checked_px(side_px: int) -> int:
    if not 1 <= side_px <= MAX_SIDE_PX:
        raise InputError(
            f"expected a face of 1 to {MAX_SIDE_PX} px on a side; got {side_px}: choose fewer px"
        )
    return side_px


def _pixels(sign_id: str, width_px: int, height_px: int, square: bool) -> np.ndarray:
    """Colour and coverage as [h w 4] uint8; read-only, because small ones are shared."""
    if width_px * height_px <= CACHED_PX:
        return _cached_pixels(sign_id, width_px, height_px, square)
    return _drawn_pixels(sign_id, width_px, height_px, square)


@lru_cache(maxsize=256)
def _cached_pixels(sign_id: str, width_px: int, height_px: int, square: bool) -> np.ndarray:
    return _drawn_pixels(sign_id, width_px, height_px, square)


def _drawn_pixels(sign_id: str, width_px: int, height_px: int, square: bool) -> np.ndarray:
    art = drawing(sign_id)
    side = max(art.size_mm)
    canvas_mm = (side, side) if square else art.size_mm
    colour = svg_pixels(document(art, canvas_mm, bleed=True), width_px, height_px)
    outline = svg_pixels(silhouette(art, canvas_mm), width_px, height_px)
    pixels = np.concatenate([colour[..., :3], outline[..., 3:]], axis=-1)
    pixels.setflags(write=False)
    return pixels
