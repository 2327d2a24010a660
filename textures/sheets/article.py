"""The article to print and the sticker pieces it falls into, in millimetres on its face.

Convention: face coordinates in mm, origin at the top-left corner of the face, x to the right, y down.
"""

import math
import string
from dataclasses import dataclass

import numpy as np
import shapely
from jaxtyping import Bool, Float, UInt8
from scipy import ndimage
from torch import Tensor

from renders.errors import InputError
from textures.masks import outlines

ID_LETTERS = set(string.ascii_letters + string.digits + "-_.")


@dataclass(frozen=True)
class Box:
    """A rectangle in mm: its top-left corner and its size, y down."""

    x_mm: float
    y_mm: float
    width_mm: float
    height_mm: float

    @property
    def right_mm(self) -> float:
        """x of the right edge."""
        return self.x_mm + self.width_mm

    @property
    def bottom_mm(self) -> float:
        """y of the bottom edge."""
        return self.y_mm + self.height_mm

    def grown(self, by_mm: float) -> "Box":
        """The rectangle with a border on every side."""
        return Box(self.x_mm - by_mm, self.y_mm - by_mm, self.width_mm + 2 * by_mm, self.height_mm + 2 * by_mm)


@dataclass(frozen=True, eq=False)
class Article:
    """A face of true size with what was optimised on it. `mask` 1 is sticker; None prints the whole face.

    `id` is short and of letters, digits, `-_.`; `run_hash` names the run that made it.
    """

    id: str
    title: str
    face: Float[Tensor, "3 h w"]
    mask: Float[Tensor, "1 h w"] | None
    width_mm: float
    height_mm: float
    run_hash: str = ""

    def __post_init__(self) -> None:
        if not self.id or not set(self.id) <= ID_LETTERS:
            raise InputError(f"expected an id of letters, digits and -_.; got {self.id!r}: rename it")
        if not (1 <= self.width_mm <= 20_000 and 1 <= self.height_mm <= 20_000):
            size = f"{self.width_mm:g} x {self.height_mm:g} mm"
            raise InputError(f"expected a size of 1 mm to 20 m; got {size}: sizes are in millimetres")
        if not bool(((self.face >= 0) & (self.face <= 1)).all()):
            raise InputError("expected a face in [0, 1]; got values outside: divide by 255 or clip")
        if self.mask is not None and not bool((self.mask >= 0.5).any()):
            raise InputError("expected a mask with sticker area; got none at or above 0.5: 1 is sticker")

    @property
    def texel_mm(self) -> tuple[float, float]:
        """Width and height of one texel."""
        return self.width_mm / self.face.shape[2], self.height_mm / self.face.shape[1]

    @property
    def texels(self) -> UInt8[np.ndarray, "h w 3"]:
        """The face in 8 bits, sRGB."""
        levels = (self.face.detach().cpu() * 255).round()
        return levels.permute(1, 2, 0).numpy().astype(np.uint8)


@dataclass(frozen=True, eq=False)
class Piece:
    """One connected part of the sticker: `inside` are its texels, `outline` its cut line on the face in mm."""

    number: int
    inside: Bool[np.ndarray, "h w"]
    outline: shapely.MultiPolygon

    @property
    def box(self) -> Box:
        """The rectangle around the cut line, on the face."""
        left, top, right, bottom = self.outline.bounds
        return Box(left, top, right - left, bottom - top)


@dataclass(frozen=True, eq=False)
class Art:
    """Texels of a piece with bleed, and the rectangle of the face they cover."""

    texels: UInt8[np.ndarray, "h w 3"]
    box: Box


def pieces_of(article: Article) -> list[Piece]:
    """The connected pieces of the sticker, numbered from the top, then from the left.

    Texels that touch at a corner only are two pieces: no cutter leaves them in one.
    """
    rows, columns = article.face.shape[1:]
    if article.mask is None:
        whole = shapely.MultiPolygon([shapely.box(0, 0, article.width_mm, article.height_mm)])
        return [Piece(1, np.ones((rows, columns), dtype=bool), whole)]
    soft = article.mask[0].detach().cpu()
    labels, count = ndimage.label(soft.numpy() >= 0.5)
    places = ndimage.find_objects(labels)
    order = sorted(range(count), key=lambda i: (places[i][0].start, places[i][1].start))
    return [
        Piece(number, labels == i + 1, _outline(article, labels == i + 1))
        for number, i in enumerate(order, start=1)
    ]


def _outline(article: Article, inside: Bool[np.ndarray, "h w"]) -> shapely.MultiPolygon:
    """The cut line of one piece in mm of the face."""
    assert article.mask is not None
    # Soft edges keep their values just outside the piece, other pieces vanish.
    near = ndimage.binary_dilation(inside, iterations=1)
    alone = article.mask * article.mask.new_tensor(near)
    width, height = article.texel_mm
    polygons = [p for p in outlines(alone, width)]
    shape = shapely.MultiPolygon(polygons)
    return shapely.transform(shape, lambda xy: xy * np.array([1.0, height / width]))


def art_of(article: Article, piece: Piece, bleed_mm: float) -> Art:
    """The texels of a piece; around it each takes the colour of the nearest texel inside, for the bleed."""
    rows, columns = np.nonzero(piece.inside)
    width, height = article.texel_mm
    pad = math.ceil(bleed_mm / min(width, height)) + 1
    top, left = rows.min(), columns.min()
    crop = (slice(top, rows.max() + 1), slice(left, columns.max() + 1))
    inside = np.pad(piece.inside[crop], pad)
    near_row, near_column = ndimage.distance_transform_edt(
        ~inside, sampling=(height, width), return_distances=False, return_indices=True
    )
    texels = article.texels[near_row - pad + top, near_column - pad + left]
    box = Box(
        (left - pad) * width, (top - pad) * height, texels.shape[1] * width, texels.shape[0] * height
    )
    return Art(np.ascontiguousarray(texels), box)
