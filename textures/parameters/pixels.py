"""The plainest texture: every texel is a parameter, in the box and, if wanted, in a ball around the start."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from renders.errors import InputError
from textures.norms import Norm
from textures.parameters.texture import checked_image, uniform_noise


class Pixels(nn.Module):
    """sRGB texels in [0, 1]; with `norm` and `eps` also within that distance of `start`, per texture.

    The image is the parameter itself, so one step of steepest descent is FGSM to the last bit.
    """

    start: Tensor

    def __init__(
        self, start: Float[Tensor, "t 3 u v"], norm: Norm | None = None, eps: float | None = None
    ) -> None:
        super().__init__()
        if (norm is None) != (eps is None) or (eps is not None and not eps >= 0):
            raise InputError(f"expected a norm with eps >= 0, or neither; got {norm} and {eps}: give both")
        self.register_buffer("start", checked_image(start, "start").detach().clone())
        self.texels = nn.Parameter(self.start.clone())
        self.norm = norm
        self.eps = eps

    def forward(self) -> Float[Tensor, "t 3 u v"]:
        """The texels."""
        return self.texels

    @torch.no_grad()
    def project_(self) -> None:
        """Into the ball, then into the box.

        Clipping to the box brings every texel closer to `start`, which lies in it, so the ball is kept.
        """
        if self.norm is not None and self.eps is not None:
            delta = self.texels - self.start
            inside = self.norm.project(delta, self.eps)
            # Texels that need not move keep their bits: start + (x - start) can differ from x by rounding.
            self.texels.copy_(torch.where(inside == delta, self.texels, self.start + inside))
        self.texels.clamp_(0, 1)

    @torch.no_grad()
    def scatter_(self, generator: torch.Generator) -> None:
        """Move to a random place of the ball, or of the box: the random start of PGD."""
        if self.norm is None or self.eps is None:
            self.texels.copy_(uniform_noise(self.start, generator))
        else:
            self.texels.copy_(self.start + self.norm.sample(self.start, self.eps, generator))
        self.project_()

    @torch.no_grad()
    def noise(self, generator: torch.Generator) -> Float[Tensor, "t 3 u v"]:
        """Uniform noise, or, in a ball, a random change that uses all of eps."""
        if self.norm is None or self.eps is None:
            return uniform_noise(self.start, generator)
        return (self.start + self.norm.surface(self.start, self.eps, generator)).clamp(0, 1)

    def blank(self) -> Float[Tensor, "t 3 u v"]:
        """Mid grey, or the start where there is a ball."""
        return torch.full_like(self.start, 0.5) if self.norm is None else self.start.clone()

    def clean(self) -> Float[Tensor, "t 3 u v"]:
        """The start."""
        return self.start.clone()
