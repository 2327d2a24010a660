"""Masks that somebody gives: rectangles, an image, an SVG drawing."""

import math
import re
from collections.abc import Sequence
from pathlib import Path
from xml.etree.ElementTree import ParseError, fromstring

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from renders.errors import InputError
from renders.photos import read_photo
from textures.svg import svg_pixels

Box = tuple[float, float, float, float]
# How far the proportions of a drawn mask may be from those of the face before it would look stretched.
STRETCH = 0.05
# An SVG is drawn this much finer than the mask, so that a texel holds the share that is covered.
FINER = 4
# Of larger masks it is drawn less fine, as memory allows.
MOST_PIXELS = 64_000_000
# Its proportions are read from a small drawing, whatever its own size: a billboard has 14,000 px.
PROBE_PX = 1024
SIZED_PX = 16_384
# Almost black and almost white are meant black and white: editors and JPEG leave such traces.
TRACE = 0.02


def rectangles(boxes: Sequence[Box], size: tuple[int, int]) -> Float[Tensor, "1 u v"]:
    """The union of rectangles, as the RP2 stickers (Eykholt et al. 2018) are.

    Each box is (x, y, width, height) as fractions of the face from its top left; `size` is (u, v). A texel
    holds the share of it that is covered, exactly, so a box need not fall on texels. Raises InputError for
    boxes that leave the face or are empty.
    """
    if not boxes:
        raise InputError("expected rectangles; got none: give boxes = [[x, y, width, height], ...]")
    for box in boxes:
        _check_box(box)
    corners = np.array([(x, y, x + w, y + h) for x, y, w, h in boxes])
    across, over_x = _intervals(corners[:, [0, 2]], size[1])
    down, over_y = _intervals(corners[:, [1, 3]], size[0])
    covered = (over_y[:, :, None] & over_x[:, None, :]).any(0)
    # Sums of fractions miss 0 and 1 by rounding; a texel that is covered must be exactly 1.
    mask = torch.from_numpy((down @ covered @ across.T)[None]).round(decimals=9)
    if not bool((mask > 0).any()):
        raise InputError("expected rectangles with an area; got none above 1e-9 texels: make them larger")
    return mask.clamp(0, 1).float()


def _check_box(box: Box) -> None:
    x, y, width, height = box
    if not all(map(math.isfinite, box)) or width <= 0 or height <= 0:
        raise InputError(
            f"expected a box [x, y, width, height] with width and height above 0; got {list(box)}: "
            "give fractions of the face"
        )
    if x < -1e-9 or y < -1e-9 or x + width > 1 + 1e-9 or y + height > 1 + 1e-9:
        raise InputError(
            f"expected a box within the face, 0 to 1; got {list(box)}: give fractions from the top left"
        )


def _intervals(ends: np.ndarray, texels: int) -> tuple[np.ndarray, np.ndarray]:
    """One axis cut at every texel and box edge: the share of each texel in each part, the boxes over it."""
    cuts = np.unique(np.concatenate([np.arange(texels + 1) / texels, ends.ravel().clip(0, 1)]))
    middle = (cuts[1:] + cuts[:-1]) / 2
    share = np.zeros((texels, len(middle)))
    # A part as thin as rounding lies in the last texel, not behind it.
    share[(middle * texels).astype(int).clip(max=texels - 1), np.arange(len(middle))] = np.diff(cuts) * texels
    return share, (middle > ends[:, :1]) & (middle < ends[:, 1:])


def from_image(path: Path | str, size: tuple[int, int]) -> Float[Tensor, "1 u v"]:
    """The brightness of an image as a mask, white is sticker; brought to `size` (u, v) by areas.

    Raises InputError for a file that is no image, has other proportions than the face, or is black all over.
    """
    grey = read_photo(path).mean(0)
    _check_proportions(path, (grey.shape[0], grey.shape[1]), size)
    # BOX averages areas when shrinking and repeats texels when enlarging.
    resized = Image.fromarray(grey.numpy()).resize((size[1], size[0]), Image.Resampling.BOX)
    return _with_area(np.asarray(resized), f"{path}: white is sticker")


def from_svg(path: Path | str, size: tuple[int, int]) -> Float[Tensor, "1 u v"]:
    """What an SVG drawing paints, in whatever colour, is sticker; its canvas is the face, `size` is (u, v).

    Text needs to be turned into paths before. Raises InputError for a file that cannot be drawn, has other
    proportions than the face, or paints nothing.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: expected an SVG file; found none: check the path")
    try:
        source = _sized(path.read_text(encoding="utf-8"))
        rows, columns, _ = svg_pixels(source, PROBE_PX, PROBE_PX).shape
        _check_proportions(path, (rows, columns), size)
        widest = math.isqrt(MOST_PIXELS * columns // rows)
        drawn = svg_pixels(source, min(FINER * max(size), widest))
    except (ValueError, OSError, ParseError) as error:
        reason = str(error).splitlines()[0] if str(error) else "not SVG"
        raise InputError(
            f"{path}: expected an SVG drawing; it cannot be drawn ({reason}): save it again"
        ) from error
    alpha = Image.fromarray(drawn[..., 3]).resize((size[1], size[0]), Image.Resampling.BOX)
    return _with_area(np.asarray(alpha, dtype=np.float32) / 255, f"{path}: what is painted is sticker")


def _sized(source: str) -> str:
    """A drawing whose canvas has a size: else it would be rounded to whole units, 1 x 0.75 to 1 x 1."""
    root = fromstring(source).attrib
    if "viewBox" not in root or not root.keys().isdisjoint({"width", "height"}):
        return source
    _, _, width, height = map(float, root["viewBox"].replace(",", " ").split())
    if min(width, height) <= 0:
        return source
    scale = SIZED_PX / max(width, height)
    return re.sub(r"<svg\b", f'<svg width="{width * scale}" height="{height * scale}"', source, count=1)


def _check_proportions(path: Path | str, drawn: tuple[int, int], size: tuple[int, int]) -> None:
    if abs(math.log(drawn[1] / drawn[0] * size[0] / size[1])) > STRETCH + 0.5 / min(drawn):
        raise InputError(
            f"{path}: expected the proportions of the face ({size[1]} x {size[0]}); "
            f"got {drawn[1]} x {drawn[0]}: draw the mask over the whole face"
        )


def _with_area(mask: np.ndarray, hint: str) -> Float[Tensor, "1 u v"]:
    """The mask as a tensor, once it is known to have something in it."""
    if not (mask >= TRACE).any():
        raise InputError(f"{hint}, and this mask has none: draw the sticker")
    return torch.from_numpy(np.where(mask < TRACE, 0, np.where(mask > 1 - TRACE, 1, mask)))[None]


def area_fraction(mask: Float[Tensor, "1 u v"], coverage: Float[Tensor, "1 u v"]) -> float:
    """The share of the face, where `coverage` is 1, that the mask covers."""
    return ((mask * coverage).double().sum() / coverage.double().sum()).item()
