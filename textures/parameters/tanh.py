"""Texels through a tanh: no bounds left to keep, so any optimiser may step freely."""

import torch
from jaxtyping import Float, Shaped
from torch import Tensor, nn

from textures.parameters.texture import checked_image, uniform_noise

# A start of pure black or white would sit where tanh has no slope. Drawn in by this share of the range it is
# still within a quarter of an 8-bit grey level of what was asked.
MARGIN = 1e-3


class Tanh(nn.Module):
    """image = (tanh(w) + 1) / 2, w free: the change of variables of Carlini & Wagner 2017, section V.B."""

    start: Tensor

    def __init__(self, start: Float[Tensor, "t c u v"]) -> None:
        super().__init__()
        self.register_buffer("start", checked_image(start, "start").detach().clone())
        self.w = nn.Parameter(torch.atanh((2 * self.start - 1) * (1 - MARGIN)))

    def forward(self) -> Float[Tensor, "t c u v"]:
        """The image; as a sigmoid, which is the same function in half as many passes over memory."""
        return torch.sigmoid(2 * self.w)

    def project_(self) -> None:
        """Nothing: every w is in bounds."""

    @torch.no_grad()
    def keep_(self, rows: Shaped[Tensor, " n"]) -> None:
        """Only these textures from now on (a mask or indices); the parameter is a new one."""
        self.w = nn.Parameter(self.w.detach()[rows])
        self.start = self.start[rows]

    @torch.no_grad()
    def noise(self, generator: torch.Generator) -> Float[Tensor, "t c u v"]:
        """Uniform noise."""
        return uniform_noise(self.start, generator)

    def blank(self) -> Float[Tensor, "t c u v"]:
        """Mid grey."""
        return torch.full_like(self.start, 0.5)

    def clean(self) -> Float[Tensor, "t c u v"]:
        """The start."""
        return self.start.clone()
