"""A texture of few inks: every texel is one colour of a given list."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from renders.errors import InputError


class Palette(nn.Module):
    """Each texel shows its most wanted colour; the gradient is that of the soft mixture.

    Straight-through (Bengio et al. 2013): forward is argmax, backward is softmax(logits / temperature). So
    what is optimised is what is printed, to the bit. At a lower temperature only near rivals get a gradient.
    """

    colours: Tensor

    def __init__(
        self,
        colours: Float[Tensor, "n 3"],
        shape: tuple[int, int, int],
        generator: torch.Generator,
        temperature: float = 1.0,
    ) -> None:
        """`colours` are sRGB in [0, 1]; `shape` is (t, u, v)."""
        super().__init__()
        if len(colours) < 2 or not bool(((colours >= 0) & (colours <= 1)).all()):
            raise InputError(
                f"expected two or more sRGB colours in [0, 1]; got {colours.tolist()}: correct them"
            )
        if not temperature > 0:
            raise InputError(f"expected a temperature above 0; got {temperature:g}: 1 is a good start")
        textures, rows, columns = shape
        self.register_buffer("colours", colours.detach().clone())
        self.temperature = temperature
        # Small, so that every colour can still win.
        draws = torch.randn(textures, len(colours), rows, columns, generator=generator)
        self.logits = nn.Parameter(0.1 * draws.to(colours))

    @classmethod
    def of(
        cls, start: Float[Tensor, "t 3 u v"], colours: Float[Tensor, "n 3"], temperature: float = 1.0
    ) -> "Palette":
        """The texture nearest to an image: logits fall with the distance to each colour."""
        textures, _, rows, columns = start.shape
        palette = cls(colours, (textures, rows, columns), torch.Generator(), temperature)
        with torch.no_grad():
            distance = torch.linalg.vector_norm(start[:, None] - colours[None, :, :, None, None], dim=2)
            palette.logits.copy_(-distance)
        return palette

    def _paint(self, weights: Tensor) -> Tensor:
        return torch.einsum("tnuv,nc->tcuv", weights, self.colours)

    def _hard(self) -> Tensor:
        best = self.logits.argmax(1, keepdim=True)
        return torch.zeros_like(self.logits).scatter(1, best, 1)

    def soft(self) -> Float[Tensor, "t 3 u v"]:
        """The mixture whose gradient is used."""
        return self._paint((self.logits / self.temperature).softmax(1))

    def forward(self) -> Float[Tensor, "t 3 u v"]:
        """The image: palette colours only."""
        soft = self.soft()
        return self._paint(self._hard()) + (soft - soft.detach())

    def project_(self) -> None:
        """Nothing: every logit is in bounds."""

    @torch.no_grad()
    def noise(self, generator: torch.Generator) -> Float[Tensor, "t 3 u v"]:
        """A random colour of the palette at every texel."""
        textures, inks, rows, columns = self.logits.shape
        choice = torch.randint(inks, (textures, rows, columns), generator=generator).to(self.colours.device)
        return self.colours[choice].permute(0, 3, 1, 2)

    @torch.no_grad()
    def blank(self) -> Float[Tensor, "t 3 u v"]:
        """Mid grey."""
        return torch.full_like(self(), 0.5)

    def clean(self) -> None:
        """Nothing lies under it."""
