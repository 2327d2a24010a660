"""A texture by its spatial frequencies and opponent colours, in which natural pictures are uncorrelated."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from textures.parameters.texture import checked_image

# Rows: lightness, blue against yellow, red against green: the principal axes of natural colours, and how much
# each of them varies (Ruderman, Cronin & Chiao 1998, section 4). Orthogonal, so the inverse is exact.
OPPONENT = ((1.0, 1.0, 1.0), (-0.5, -0.5, 1.0), (1.0, -1.0, 0.0))
SPREAD = (1.0, 0.3, 0.15)

# Contrast of the noise control before the sigmoid: wide enough to use the whole range of ink.
NOISE_CONTRAST = 2.0


class Fourier(nn.Module):
    """image = sigmoid(colour · ifft(spectrum / frequency^decay)): Olah et al. 2017, "Feature Visualization".

    All frequencies learn at once, which gives large shapes early. Rows and columns wrap around.
    """

    falloff: Tensor
    colour: Tensor

    def __init__(
        self,
        shape: tuple[int, int, int],
        generator: torch.Generator,
        decay: float = 1.0,
        contrast: float = 0.05,
    ) -> None:
        """`shape` is (t, u, v); `contrast` is the standard deviation of the start before the sigmoid."""
        super().__init__()
        textures, rows, columns = shape
        self.rows, self.columns = rows, columns
        fy = torch.fft.fftfreq(rows)[:, None]
        fx = torch.fft.rfftfreq(columns)[None, :]
        frequency = torch.hypot(fy, fx).clamp_min(1 / max(rows, columns))
        self.register_buffer("falloff", (frequency * max(rows, columns)) ** -decay)
        axes = torch.tensor(OPPONENT)
        unit = axes / torch.linalg.vector_norm(axes, dim=1, keepdim=True)
        self.register_buffer("colour", unit.T * torch.tensor(SPREAD))
        self.spectrum = nn.Parameter(torch.empty(textures, 3, rows, columns // 2 + 1, 2))
        with torch.no_grad():
            self.spectrum.copy_(self._random(generator, contrast))

    @classmethod
    def of(cls, start: Float[Tensor, "t 3 u v"], decay: float = 1.0) -> "Fourier":
        """The parameters of a given image (drawn in from 0 and 1 by 0.005, which a sigmoid never reaches)."""
        textures, _, rows, columns = checked_image(start, "start").shape
        fourier = cls((textures, rows, columns), torch.Generator(), decay, contrast=0.0).to(start)
        with torch.no_grad():
            fourier.spectrum.copy_(fourier._analyse(start.clamp(0.005, 0.995).logit()))
        return fourier

    def _analyse(self, logits: Tensor) -> Tensor:
        opponent = torch.einsum("oc,tcuv->touv", torch.linalg.inv(self.colour), logits)
        return torch.view_as_real(torch.fft.rfft2(opponent, norm="ortho")) / self.falloff[..., None]

    def _synthesise(self, spectrum: Tensor) -> Tensor:
        scaled = torch.view_as_complex(spectrum * self.falloff[..., None])
        opponent = torch.fft.irfft2(scaled, s=(self.rows, self.columns), norm="ortho")
        return torch.einsum("co,touv->tcuv", self.colour, opponent)

    def _random(self, generator: torch.Generator, contrast: float) -> Tensor:
        """A random spectrum whose logits have the given standard deviation."""
        spectrum = torch.randn(self.spectrum.shape, generator=generator).to(self.spectrum)
        logits = self._synthesise(spectrum)
        return spectrum * (contrast / logits.std().clamp_min(torch.finfo(logits.dtype).eps))

    def forward(self) -> Float[Tensor, "t 3 u v"]:
        """The image."""
        return torch.sigmoid(self._synthesise(self.spectrum))

    def project_(self) -> None:
        """Nothing: every spectrum is in bounds."""

    @torch.no_grad()
    def noise(self, generator: torch.Generator) -> Float[Tensor, "t 3 u v"]:
        """A random spectrum of full contrast: cloudy colours."""
        return torch.sigmoid(self._synthesise(self._random(generator, NOISE_CONTRAST)))

    @torch.no_grad()
    def blank(self) -> Float[Tensor, "t 3 u v"]:
        """Mid grey."""
        return torch.full_like(self(), 0.5)

    def clean(self) -> None:
        """Nothing lies under it."""
