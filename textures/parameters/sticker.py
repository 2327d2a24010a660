"""A sticker: paint inside a mask, on a face that never changes."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from renders.errors import InputError
from textures.parameters.texture import Texture, checked_image


class Sticker(nn.Module):
    """image = face (1 - mask) + mask · paint(): RP2's masked change (Eykholt et al. 2018, equation 2).

    One paint `[1 3 u v]` on t faces is one sticker on many photos; t paints on one face are t stickers.
    Where the mask is 0 the image has the face's bits. A mask between 0 and 1 is a soft edge.
    """

    face: Tensor
    mask: Tensor
    paint: Texture

    def __init__(self, face: Float[Tensor, "t 3 u v"], mask: Float[Tensor, "1 u v"], paint: Texture) -> None:
        super().__init__()
        self.register_buffer("face", checked_image(face, "face").detach().clone())
        self.register_buffer("mask", checked_mask(mask).detach().clone())
        self.paint = paint
        with torch.no_grad():
            painted = paint()
        fits = painted.shape[1:] == face.shape[1:] and (
            len(painted) == len(face) or 1 in (len(painted), len(face))
        )
        if not fits:
            shapes = f"{list(painted.shape)} for a face {list(face.shape)}"
            raise InputError(
                f"expected paint of the face's size, for one or all faces; got {shapes}: resize it"
            )

    def composite(self, paint: Float[Tensor, "p 3 u v"]) -> Float[Tensor, "t 3 u v"]:
        """The faces with this paint inside the mask."""
        return self.face * (1 - self.mask) + self.mask * paint

    def forward(self) -> Float[Tensor, "t 3 u v"]:
        """The image."""
        return self.composite(self.paint())

    def project_(self) -> None:
        """Put the paint back into its bounds."""
        self.paint.project_()

    @torch.no_grad()
    def noise(self, generator: torch.Generator) -> Float[Tensor, "t 3 u v"]:
        """The faces with the paint's noise inside the same mask."""
        return self.composite(self.paint.noise(generator))

    @torch.no_grad()
    def blank(self) -> Float[Tensor, "t 3 u v"]:
        """The faces with a blank sticker: it hides as much and says nothing."""
        return self.composite(self.paint.blank())

    def clean(self) -> Float[Tensor, "t 3 u v"]:
        """The faces."""
        return self.face.clone()


def checked_mask(mask: Tensor) -> Tensor:
    """The mask itself, once it is known to be `[1 u v]`, in [0, 1] and not empty."""
    inside = mask.ndim == 3 and len(mask) == 1 and bool(((mask >= 0) & (mask <= 1)).all())
    if not inside:
        raise InputError(
            f"expected a mask [1, rows, columns] in [0, 1]; got {list(mask.shape)}: 1 is sticker"
        )
    if not bool((mask > 0).any()):
        raise InputError("expected a mask with sticker area; got zeros everywhere: 1 is sticker")
    return mask
