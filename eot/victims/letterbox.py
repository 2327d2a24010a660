"""How pictures of any size are put on the canvas that a detector takes."""

from dataclasses import dataclass
from enum import StrEnum

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from eot.victims.victim import resize

GREY = 114 / 255


class Fit(StrEnum):
    """CENTRE and CORNER keep the proportions and pad; STRETCH does not; OWN leaves it to the module."""

    CENTRE = "centre"
    CORNER = "corner"
    STRETCH = "stretch"
    OWN = "own"


@dataclass(frozen=True)
class Fitted:
    """A canvas, and how its pixels relate to the pictures: canvas = scale · picture + offset, per (x, y)."""

    canvas: Float[Tensor, "n 3 h w"]
    scale: tuple[float, float]
    offset: tuple[float, float]

    def in_pictures(self, boxes: Float[Tensor, "n q 4"]) -> Float[Tensor, "n q 4"]:
        """Boxes on the canvas as boxes in the pictures."""
        return (boxes - boxes.new_tensor(self.offset * 2)) / boxes.new_tensor(self.scale * 2)


def fitted(
    pictures: Float[Tensor, "n 3 h w"], size_px: tuple[int, int], fit: Fit, pad: float = GREY
) -> Fitted:
    """Pictures on a canvas of `size_px` (height, width), resized with antialiasing; differentiable.

    A picture of the canvas' size comes through unchanged.
    """
    if fit is Fit.OWN:
        return Fitted(pictures, (1.0, 1.0), (0.0, 0.0))
    height, width = pictures.shape[-2:]
    rows, columns = size_px
    if fit is not Fit.STRETCH:
        ratio = min(rows / height, columns / width)
        rows, columns = max(1, round(height * ratio)), max(1, round(width * ratio))
    small = resize(pictures, (rows, columns))
    free_rows, free_columns = size_px[0] - rows, size_px[1] - columns
    top, left = (free_rows // 2, free_columns // 2) if fit is Fit.CENTRE else (0, 0)
    around = (left, free_columns - left, top, free_rows - top)
    canvas = functional.pad(small, around, value=pad) if any(around) else small  # it copies in any case
    return Fitted(canvas, (columns / width, rows / height), (float(left), float(top)))
