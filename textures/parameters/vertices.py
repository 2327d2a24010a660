"""One colour for each vertex of a mesh, blended across its faces: what printers without textures print."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from renders.errors import InputError
from textures.parameters.pixels import Pixels


class VertexColours(nn.Module):
    """Colours of n vertices and, for every texel, the three of them it lies between and their shares.

    The image is linear in the colours, so it stays in [0, 1] where they do. Blending is done in sRGB, as
    viewers of PLY and VRML files do.
    """

    corner: Tensor
    share: Tensor

    def __init__(
        self,
        colours: Float[Tensor, "n 3"],
        corner: Int[Tensor, "u v 3"],
        share: Float[Tensor, "u v 3"],
    ) -> None:
        super().__init__()
        if int(corner.max()) >= len(colours):
            raise InputError(
                f"expected a colour for each of {int(corner.max()) + 1} vertices; {len(colours)} came"
            )
        self.paint = Pixels(colours.T[None, :, None])
        self.register_buffer("corner", corner)
        self.register_buffer("share", share)

    def _spread(self, colours: Float[Tensor, "1 3 1 n"]) -> Float[Tensor, "1 3 u v"]:
        return (colours[0, :, 0][:, self.corner] * self.share.to(colours)).sum(-1)[None]

    def forward(self) -> Float[Tensor, "1 3 u v"]:
        """The image."""
        return self._spread(self.paint())

    def project_(self) -> None:
        """Into the box."""
        self.paint.project_()

    @torch.no_grad()
    def noise(self, generator: torch.Generator) -> Float[Tensor, "1 3 u v"]:
        """A random colour at every vertex."""
        return self._spread(self.paint.noise(generator))

    def blank(self) -> Float[Tensor, "1 3 u v"]:
        """Mid grey."""
        return self._spread(self.paint.blank())

    def clean(self) -> Float[Tensor, "1 3 u v"]:
        """The colours that it started with."""
        return self._spread(self.paint.clean())
