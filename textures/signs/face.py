"""Sign faces as images: any size in pixels, with the colour continued past the outline so that filters do not bleed."""

import io
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import resvg_py
import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from renders.errors import InputError
from textures.signs.catalogue import drawing, find_sign
from textures.signs.drawing import document, silhouette

MAX_SIDE_PX = 16_384
MM_PER_INCH = 25.4


@dataclass(frozen=True)
class Face:
    """A sign face: sRGB in [0, 1], and how much of each pixel the plate covers."""

    srgb: Float[Tensor, "3 h w"]
    coverage: Float[Tensor, "1 h w"]


def svg(sign_id: str) -> str:
    """The face as an SVG document at true size: width, height and viewBox in mm, clear outside the outline."""
    spec = find_sign(sign_id)
    return document(drawing(spec.id), drawing(spec.id).size_mm)


def face(sign_id: str, width_px: int, *, square: bool = False) -> Face:
    """The face rasterised at a width in pixels; height follows from the sign's shape.

    The canvas is the sign's bounding box, or with `square` a square of its longer side with the sign in the centre.
    Outside the outline `srgb` goes on in the colour of the edge and `coverage` is 0. float32, on the CPU.
    """
    spec = find_sign(sign_id)
    size_mm = (spec.square_mm, spec.square_mm) if square else drawing(spec.id).size_mm
    height_px = max(1, round(width_px * size_mm[1] / size_mm[0]))
    if not 1 <= width_px <= MAX_SIDE_PX or height_px > MAX_SIDE_PX:
        raise InputError(f"a face must be 1 to {MAX_SIDE_PX} px on a side; got {width_px} x {height_px}: choose fewer px")
    pixels = _pixels(spec.id, width_px, height_px, square)
    image = torch.from_numpy(pixels.copy()).permute(2, 0, 1).float() / 255
    return Face(srgb=image[:3].contiguous(), coverage=image[3:].contiguous())


def width_px_at(sign_id: str, dpi: float, *, square: bool = False) -> int:
    """The width in pixels at which the face, printed at true size, has the resolution."""
    spec = find_sign(sign_id)
    if not dpi > 0:
        raise InputError(f"dpi must be positive; got {dpi}: give e.g. 150")
    return max(1, round((spec.square_mm if square else spec.width_mm) / MM_PER_INCH * dpi))


@lru_cache(maxsize=256)
def _pixels(sign_id: str, width_px: int, height_px: int, square: bool) -> np.ndarray:
    """Colour and coverage as [h w 4] uint8; read-only, because it is shared."""
    art = drawing(sign_id)
    side = max(art.size_mm)
    canvas_mm = (side, side) if square else art.size_mm
    colour = _rasterise(document(art, canvas_mm, bleed=True), width_px, height_px)
    outline = _rasterise(silhouette(art, canvas_mm), width_px, height_px)
    pixels = np.concatenate([colour[..., :3], outline[..., 3:]], axis=-1)
    pixels.setflags(write=False)
    return pixels


def _rasterise(source: str, width_px: int, height_px: int) -> np.ndarray:
    """An SVG document as [h w 4] uint8 RGBA."""
    png = resvg_py.svg_to_bytes(svg_string=source, width=width_px, height=height_px, dpi=96, skip_system_fonts=True)
    return np.array(Image.open(io.BytesIO(png)).convert("RGBA"))
