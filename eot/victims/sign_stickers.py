"""Random stickers on sign faces, so that a mere sticker does not break the bundled victims' recognition."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True)
class Stickers:
    """A distribution of stickers.

    Args:
        share: of the faces that carry any.
        area: least and largest share of the square canvas they cover together.
        pieces: most rectangles of one sticker.
        grains: colours along the side of a rectangle; 1 = plain.
    """

    share: float
    area: tuple[float, float]
    pieces: int
    grains: tuple[int, ...]


TRAINING = Stickers(share=0.4, area=(0.02, 0.22), pieces=3, grains=(1, 1, 2, 4, 8, 16, 32))
NOISE = Stickers(share=1.0, area=(0.2, 0.2), pieces=2, grains=(32,))
PLAIN = Stickers(share=1.0, area=(0.2, 0.2), pieces=2, grains=(1,))


def stickered(
    faces: Float[Tensor, "t 3 s s"], stickers: Stickers, generator: torch.Generator
) -> Float[Tensor, "t 3 s s"]:
    """The faces, a share of them with rectangles of uniform colour noise stuck on at random places."""
    result = faces.clone()
    for face in result:
        chosen, area, count = torch.rand(3, generator=generator).tolist()
        if chosen < stickers.share:
            low, high = stickers.area
            pieces = 1 + int(count * stickers.pieces)
            for _ in range(pieces):
                _stick(face, (low + (high - low) * area) / pieces, stickers, generator)
    return result


def _stick(face: Tensor, area: float, stickers: Stickers, generator: torch.Generator) -> None:
    """One rectangle of this share of the face's area, at most four times as long as wide, drawn into it."""
    side = face.shape[-1]
    shape, x, y, pick = torch.rand(4, generator=generator).tolist()
    aspect = 2.0 ** (4 * shape - 2)
    height, width = (max(1, min(side, round(side * (area * a) ** 0.5))) for a in (aspect, 1 / aspect))
    top, left = round(y * (side - height)), round(x * (side - width))
    grain = stickers.grains[int(pick * len(stickers.grains))]
    noise = torch.rand(1, 3, grain, grain, generator=generator)
    patch = functional.interpolate(noise, size=(height, width))[0]
    face[:, top : top + height, left : left + width] = patch.to(face)
