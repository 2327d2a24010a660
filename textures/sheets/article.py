"""The article to print and the sticker pieces it falls into, in millimetres on its face.

Convention: face coordinates in mm, origin at the top-left corner of the face, x to the right, y down.
"""

import math
import string
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
import torch
from jaxtyping import Bool, Float, UInt8
from scipy import ndimage
from torch import Tensor

from renders.errors import InputError
from textures.masks import outlines

# A texel from this on has the colour of the sticker alone.
FULL = 0.999
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
        return Box(
            self.x_mm - by_mm, self.y_mm - by_mm, self.width_mm + 2 * by_mm, self.height_mm + 2 * by_mm
        )

    def moved(self, dx_mm: float, dy_mm: float) -> "Box":
        """The rectangle somewhere else."""
        return Box(self.x_mm + dx_mm, self.y_mm + dy_mm, self.width_mm, self.height_mm)

    def overlaps(self, other: "Box") -> bool:
        """Whether the two share an area."""
        across = self.x_mm < other.right_mm and other.x_mm < self.right_mm
        return across and self.y_mm < other.bottom_mm and other.y_mm < self.bottom_mm

    @property
    def shape(self) -> shapely.MultiPolygon:
        """The rectangle as a shape to draw."""
        return shapely.MultiPolygon([shapely.box(self.x_mm, self.y_mm, self.right_mm, self.bottom_mm)])


def around(boxes: Sequence[Box]) -> Box:
    """The smallest rectangle that holds all of these."""
    left, top = min(b.x_mm for b in boxes), min(b.y_mm for b in boxes)
    return Box(left, top, max(b.right_mm for b in boxes) - left, max(b.bottom_mm for b in boxes) - top)


def printable(title: str) -> str:
    """A title in one line that may stand in every file: XML has no way to write control characters."""
    return "".join(letter for letter in " ".join(title.split()) if letter.isprintable())


@dataclass(frozen=True, eq=False)
class Article:
    """A face of true size with what was optimised on it. `mask` 1 is sticker; None prints the whole face.

    `id` is short and of letters, digits, `-_.`; `title` keeps what is printable of it; `run_hash` and `date`
    tell the run that made it.
    """

    id: str
    title: str
    face: Float[Tensor, "3 h w"]
    mask: Float[Tensor, "1 h w"] | None
    width_mm: float
    height_mm: float
    run_hash: str = ""
    date: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "title", printable(self.title))
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
    """One connected part of the sticker: its cut line on the face in mm, and its texels.

    `inside` says which texels of a rectangle belong to it; its first one is (`top`, `left`) of the face.
    """

    number: int
    top: int
    left: int
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

    Texels that touch at a corner only are two pieces: no cutter leaves them in one. Raises InputError when
    no piece is wide enough to have an outline.
    """
    rows, columns = article.face.shape[1:]
    if article.mask is None:
        whole = shapely.MultiPolygon([shapely.box(0, 0, article.width_mm, article.height_mm)])
        return [Piece(1, 0, 0, np.ones((rows, columns), dtype=bool), whole)]
    mask = article.mask[0].detach().cpu().double().numpy()
    labels, _ = ndimage.label(mask >= 0.5)
    pieces: list[Piece] = []
    # find_objects goes by label, and labels by the first texel in reading order.
    for label, (down, across) in enumerate(ndimage.find_objects(labels), start=1):
        inside = labels[down, across] == label
        outline = _outline(article, mask, inside, (down.start, across.start))
        if not outline.is_empty:
            pieces.append(Piece(len(pieces) + 1, down.start, across.start, inside, outline))
    if not pieces:
        raise InputError("expected a sticker to cut; got one thinner than half a texel: widen the mask")
    return pieces


def _outline(
    article: Article,
    mask: Float[np.ndarray, "u v"],
    inside: Bool[np.ndarray, "h w"],
    corner: tuple[int, int],
) -> shapely.MultiPolygon:
    """The cut line of one piece in mm of the face."""
    # Soft edges keep their values just outside the piece, other pieces vanish.
    near = ndimage.binary_dilation(np.pad(inside, 1))
    top, left = corner[0] - 1, corner[1] - 1
    around = np.pad(mask, 1)[top + 1 : top + 1 + near.shape[0], left + 1 : left + 1 + near.shape[1]]
    width, height = article.texel_mm
    alone = torch.from_numpy((around * near)[None])
    shape = outlines(alone, near.shape[1] * width, near.shape[0] * height)
    return shapely.transform(shape, lambda xy: xy + np.array([left * width, top * height]))


def art_of(article: Article, piece: Piece, bleed_mm: float) -> Art:
    """The texels of a piece; around it each takes the colour of the nearest texel inside, for the bleed.

    So do texels on the edge that the mask covers in part: their colour is half the face's.
    """
    width, height = article.texel_mm
    pad = math.ceil(bleed_mm / min(width, height)) + 1
    inside = piece.inside
    if article.mask is not None:
        rows, columns = inside.shape
        mask = article.mask[0, piece.top : piece.top + rows, piece.left : piece.left + columns]
        full = inside & (mask.detach().cpu().numpy() >= FULL)
        inside = full if full.any() else inside
    near_row, near_column = ndimage.distance_transform_edt(
        ~np.pad(inside, pad), sampling=(height, width), return_distances=False, return_indices=True
    )
    texels = article.texels[near_row - pad + piece.top, near_column - pad + piece.left]
    box = Box(
        (piece.left - pad) * width,
        (piece.top - pad) * height,
        texels.shape[1] * width,
        texels.shape[0] * height,
    )
    return Art(np.ascontiguousarray(texels), box)
