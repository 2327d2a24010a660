"""A patch on each image: texels inside a rectangle of its own are free, all others never move."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Shaped
from torch import Tensor, nn

from textures.parameters.texture import checked_image


class Patch(nn.Module):
    """t images, each with a patch of its own place; the parameter is the whole image, the box holds the rest.

    Args:
        start: the images under the patches.
        free: 1 where a texel may take any colour, 0 where it keeps that of the image.
    """

    start: Tensor
    free: Tensor

    def __init__(self, start: Float[Tensor, "t c u v"], free: Float[Tensor, "t 1 u v"]) -> None:
        super().__init__()
        self.register_buffer("start", checked_image(start, "start").detach().clone())
        self.register_buffer("free", free.to(start).expand_as(start).clone())
        self.texels = nn.Parameter(self.start.clone())

    def forward(self) -> Float[Tensor, "t c u v"]:
        """The images with their patches."""
        return self.texels

    @torch.no_grad()
    def project_(self) -> None:
        """Every texel outside of its patch to the image, every other into [0, 1]."""
        fixed = self.start * (1 - self.free)
        self.texels.clamp_(fixed, fixed + self.free)

    @torch.no_grad()
    def keep_(self, rows: Shaped[Tensor, " n"]) -> None:
        """Only these textures from now on (a mask or indices); the parameter is a new one."""
        self.texels = nn.Parameter(self.texels.detach()[rows])
        self.start, self.free = self.start[rows], self.free[rows]

    @torch.no_grad()
    def scatter_(self, generators: Sequence[torch.Generator]) -> None:
        """Uniform noise in every patch, drawn for each image by its own generator."""
        noise = [
            torch.rand(self.start[0].shape, generator=each, dtype=self.start.dtype) for each in generators
        ]
        self.texels.copy_(self._composed(torch.stack(noise).to(self.start)))

    def _composed(self, paint: Tensor) -> Tensor:
        return self.start * (1 - self.free) + self.free * paint

    @torch.no_grad()
    def noise(self, generator: torch.Generator) -> Float[Tensor, "t c u v"]:
        """Uniform noise in every patch."""
        paint = torch.rand(self.start.shape, generator=generator, dtype=self.start.dtype)
        return self._composed(paint.to(self.start.device))

    @torch.no_grad()
    def blank(self) -> Float[Tensor, "t c u v"]:
        """Mid grey in every patch."""
        return self._composed(torch.full_like(self.start, 0.5))

    def clean(self) -> Float[Tensor, "t c u v"]:
        """The images."""
        return self.start.clone()


def squares(
    generators: Sequence[torch.Generator], size_px: tuple[int, int], area: float
) -> Float[Tensor, "t 1 u v"]:
    """A square of this share of an image of u x v texels for each generator, its place drawn evenly."""
    height, width = size_px
    side = max(1, min(round((area * height * width) ** 0.5), height, width))
    masks = torch.zeros(len(generators), 1, height, width)
    for mask, generator in zip(masks, generators, strict=True):
        top = int(torch.randint(height - side + 1, (), generator=generator))
        left = int(torch.randint(width - side + 1, (), generator=generator))
        mask[:, top : top + side, left : left + side] = 1
    return masks
