"""What the light and the lens of a photo did to an article in it, estimated, so that a pasted one matches."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from renders.sensor.optics import gaussian_blur


@dataclass(frozen=True)
class Relight:
    """Per channel, linear light: seen = gain · article + haze; then the photo's own blur in photo pixels."""

    gain: tuple[float, float, float]
    haze: tuple[float, float, float]
    blur_px: float

    @classmethod
    def neutral(cls) -> "Relight":
        """Light 1, no haze, no blur: exactly the identity."""
        return cls((1.0, 1.0, 1.0), (0.0, 0.0, 0.0), 0.0)

    def __call__(
        self, rgba: Float[Tensor, "t k 4 h w"], photo_px: Float[Tensor, " k"]
    ) -> Float[Tensor, "t k 4 h w"]:
        """The premultiplied layer as the photo would show it; `photo_px` = photo pixels per layer pixel."""
        gain, haze = (rgba.new_tensor(v)[:, None, None] for v in (self.gain, self.haze))
        alpha = rgba[:, :, 3:]
        lit = torch.cat([rgba[:, :, :3] * gain + haze * alpha, alpha], 2)
        return lit if self.blur_px == 0 else gaussian_blur(lit, self.blur_px / photo_px)


BLURS_PX = (0.0, 0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0)


def estimate(
    seen: Float[Tensor, "3 h w"], clean: Float[Tensor, "4 h w"], trim: float = 0.1
) -> Relight:
    """The light of a photo, from the article as seen in it and as the clean face would render there.

    Both in linear light on the same pixels; `clean` premultiplied with coverage. For each candidate blur a
    straight line per channel is fitted to the pixels well inside, the `trim` worst are dropped (dirt,
    shadows, occlusion) and the fit repeated; the blur with the least residual is kept.
    """
    fits = []
    for blur_px in BLURS_PX:
        sigma = clean.new_full((1,), blur_px)
        soft = clean if blur_px == 0 else gaussian_blur(clean[None, None], sigma)[0, 0]
        inside = soft[3] > 0.98
        if int(inside.sum()) < 16:
            break
        fits.append((*_line(soft[:3, inside], seen[:, inside], trim), blur_px))
    if not fits:
        return Relight.neutral()
    residual, gain, haze, blur_px = min(fits, key=lambda fit: fit[0])
    return Relight(gain, haze, blur_px)


def estimate_without_face(
    seen: Float[Tensor, "3 h w"], inside: Float[Tensor, "1 h w"]
) -> Relight:
    """The light when the clean face is unknown: its darkest and brightest 5 % are taken as black and white."""
    pixels = seen[:, inside[0] > 0.5]
    low, high = pixels.quantile(0.05, dim=1), pixels.quantile(0.95, dim=1)
    paper, ink = 0.85, 0.03
    gain = ((high - low) / (paper - ink)).clamp(0.02, 4.0)
    haze = (low - gain * ink).clamp(0.0, 1.0)
    return Relight(_triple(gain), _triple(haze), 0.7)


def _line(face: Tensor, seen: Tensor, trim: float) -> tuple[float, tuple, tuple]:
    """Trimmed least squares of seen = gain · face + haze per channel: residual, gains, hazes."""
    keep = torch.ones_like(face[0], dtype=torch.bool)
    for _ in range(2):
        x, y = face[:, keep], seen[:, keep]
        mean_x, mean_y = x.mean(1, keepdim=True), y.mean(1, keepdim=True)
        spread = (x - mean_x).square().mean(1, keepdim=True)
        gain = ((x - mean_x) * (y - mean_y)).mean(1, keepdim=True) / spread.clamp_min(1e-6)
        # A channel in which the face has no contrast cannot tell gain from haze: call it all gain.
        gain = torch.where(spread > 1e-4, gain, mean_y / mean_x.clamp_min(1e-3)).clamp(0.02, 4.0)
        haze = (mean_y - gain * mean_x).clamp(0.0, 1.0)
        error = (face * gain + haze - seen).square().sum(0)
        keep = error <= error.quantile(1 - trim)
    return float(error[keep].mean()), _triple(gain[:, 0]), _triple(haze[:, 0])


def _triple(values: Tensor) -> tuple[float, float, float]:
    red, green, blue = values.tolist()
    return red, green, blue
