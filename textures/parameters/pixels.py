"""The plainest texture: every texel is a parameter, in the box and, if wanted, in a ball around the start."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Shaped
from torch import Tensor, nn

from renders.errors import InputError
from textures.norms import Linf, Norm
from textures.parameters.texture import checked_image, uniform_noise

Generators = torch.Generator | Sequence[torch.Generator]


class Pixels(nn.Module):
    """sRGB texels in [0, 1]; with `norm` and `eps` also within that distance of `start`, per texture.

    The image is the parameter itself, so one step of steepest descent is FGSM to the last bit.
    """

    start: Tensor
    low: Tensor
    high: Tensor
    eps: Tensor

    def __init__(
        self,
        start: Float[Tensor, "t c u v"],
        norm: Norm | None = None,
        eps: float | Float[Tensor, " t"] | None = None,
    ) -> None:
        super().__init__()
        if (norm is None) != (eps is None) or (eps is not None and not bool(torch.as_tensor(eps >= 0).all())):
            raise InputError(f"expected a norm with eps >= 0, or neither; got {norm} and {eps}: give both")
        self.register_buffer("start", checked_image(start, "start").detach().clone())
        self.texels = nn.Parameter(self.start.clone())
        self.norm = norm
        radius = torch.as_tensor(torch.inf if eps is None else eps, dtype=start.dtype).to(start.device)
        self.register_buffer("eps", radius.expand(len(start)), persistent=False)
        self._bound()

    def _bound(self) -> None:
        """The box: all colours, or, as the l-inf ball is a box itself, what it leaves of them."""
        low, high = self.start.new_zeros(()), self.start.new_ones(())
        if isinstance(self.norm, Linf):
            radius = self.eps[:, None, None, None]
            low, high = (self.start - radius).clamp_min(0), (self.start + radius).clamp_max(1)
        self.register_buffer("low", low, persistent=False)
        self.register_buffer("high", high, persistent=False)

    def forward(self) -> Float[Tensor, "t c u v"]:
        """The texels."""
        return self.texels

    @torch.no_grad()
    def project_(self) -> None:
        """Into the ball, then into the box.

        Clipping to the box brings every texel closer to `start`, which lies in it, so the ball is kept.
        """
        if self.norm is not None and not isinstance(self.norm, Linf):
            delta = self.texels - self.start
            inside = self.norm.project(delta, self.eps)
            # Texels that need not move keep their bits: start + (x - start) can differ from x by rounding.
            self.texels.copy_(torch.where(inside == delta, self.texels, self.start + inside))
        self.texels.clamp_(self.low, self.high)

    @torch.no_grad()
    def keep_(self, rows: Shaped[Tensor, " n"]) -> None:
        """Only these textures from now on (a mask or indices); the parameter is a new one."""
        self.texels = nn.Parameter(self.texels.detach()[rows])
        self.start = self.start[rows]
        self.eps = self.eps[rows]
        self._bound()

    @torch.no_grad()
    def scatter_(self, generator: Generators, surface: bool = False) -> None:
        """Move to a random place of the ball (of its surface), or of the box: the random start of PGD.

        With a generator for each texture, what one of them draws does not depend on the others.
        """
        if isinstance(generator, torch.Generator):
            places = self._anywhere(slice(None), generator, surface)
        else:
            drawn = [self._anywhere(slice(i, i + 1), each, surface) for i, each in enumerate(generator)]
            places = torch.cat(drawn)
        self.texels.copy_(places)
        self.project_()

    def _anywhere(self, rows: slice, generator: torch.Generator, surface: bool) -> Tensor:
        start = self.start[rows]
        if self.norm is None:
            return uniform_noise(start, generator)
        draw = self.norm.surface if surface else self.norm.sample
        return start + draw(start, self.eps[rows], generator)

    @torch.no_grad()
    def noise(self, generator: torch.Generator) -> Float[Tensor, "t c u v"]:
        """Uniform noise, or, in a ball, a random change that uses all of eps."""
        return self._anywhere(slice(None), generator, surface=True).clamp(0, 1)

    def blank(self) -> Float[Tensor, "t c u v"]:
        """Mid grey, or the start where there is a ball."""
        return torch.full_like(self.start, 0.5) if self.norm is None else self.start.clone()

    def clean(self) -> Float[Tensor, "t c u v"]:
        """The start."""
        return self.start.clone()
