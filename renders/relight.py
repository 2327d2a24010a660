"""What the light and the lens of a photo did to an article in it, estimated, so that a pasted one matches."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from scipy.optimize import least_squares
from torch import Tensor

from renders.colour import linear_to_srgb
from renders.sensor.blur import gaussian_blur


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
        gain, haze = (rgba.new_tensor(v)[:, None] for v in (self.gain, self.haze))
        shown = lit(rgba.flatten(0, 1).flatten(2), gain, haze).reshape(rgba.shape)
        return gaussian_blur(shown, self.blur_px / photo_px)


def lit(
    rgba: Float[Tensor, "t 4 p"], gain: Float[Tensor, "3 #p"], haze: Float[Tensor, "3 #p"]
) -> Float[Tensor, "t 4 p"]:
    """Premultiplied colours under a photo's light, before its blur."""
    return torch.cat([rgba[:, :3] * gain + haze * rgba[:, 3:], rgba[:, 3:]], 1)


INSIDE = 0.98  # coverage from which a pixel shows nothing but the article
MATCH_SHARE = 0.025  # of the article's side: how far its details may lie from where the corners put them
FEWEST_PIXELS = 16
# Surfaces whose face is unknown are taken to hold paper and ink; linear reflectances of matt print.
PAPER, INK = 0.85, 0.03
BLURS_PX = np.array([0.0, 0.3, 0.5, 0.7, 0.9, 1.2, 1.6, 2.0, 2.5, 3.2, 4.0, 5.0, 6.4, 8.0])
REBLUR_PX = 2.0
NO_EDGES = 1e-9


@torch.no_grad()
def estimate(seen: Float[Tensor, "3 h w"], clean: Float[Tensor, "4 h w"]) -> Relight:
    """The light of a photo, from the article as seen in it and as the clean face would render there.

    Both in linear light on the same pixels; `clean` premultiplied with coverage. The model is
    seen = gain · (article + veil): one gain per channel, and one veil of light mirrored by the face or
    scattered on the way. A haze per channel would be free to explain a channel in which the face has little
    contrast by haze alone. Fitted on encoded values, where errors count as they look, clipped as the photo
    is, robustly (dirt, shadows and stickers are outvoted). A colour counts by the root of its area: what
    little white there is tells the cast, while a large red may be faded.
    """
    near = max(1.0, MATCH_SHARE * float(clean[3].sum().sqrt()))
    inside = _blurred(clean[3:], near)[0] > INSIDE
    if int(inside.sum()) < FEWEST_PIXELS:
        return Relight.neutral()
    blur_px = _blur_px(seen, clean)
    soft, soft_seen = _blurred(clean[:3], math.hypot(near, blur_px)), _blurred(seen, near)
    gain, veil = _fit(soft[:, inside], soft_seen[:, inside])
    return Relight(gain, _triple([g * veil for g in gain]), blur_px)


@torch.no_grad()
def estimate_without_face(seen: Float[Tensor, "3 h w"], inside: Float[Tensor, "1 h w"]) -> Relight:
    """The light when the clean face is unknown: its brightest 5 % are taken as paper, its darkest as ink.

    Each channel's gain comes from its brightest pixels; the veil from the channel that gets darkest, because
    a coloured face need not be dark in every channel. The blur is left at none.
    """
    pixels = seen[:, inside[0] > 0.5]
    if pixels.shape[1] < FEWEST_PIXELS:
        return Relight.neutral()
    low, high = (torch.quantile(pixels.double(), share, dim=1) for share in (0.05, 0.95))
    contrast = float((low / high.clamp_min(1e-6)).min().clamp(max=0.95))
    veil = max(0.0, (contrast * PAPER - INK) / (1 - contrast))
    gain = (high / (PAPER + veil)).clamp(0.02, 4.0).tolist()
    return Relight(_triple(gain), _triple([g * veil for g in gain]), 0.0)


def _fit(article: Tensor, seen: Tensor) -> tuple[tuple[float, float, float], float]:
    """Gains and veil of `[3 p]` pixels by robust least squares (soft l1) on sRGB values."""
    chosen = _of_each_colour(article)
    x, y = article[:, chosen].double(), linear_to_srgb(seen[:, chosen].double().clamp(0, 1))

    def residuals(unknown: np.ndarray) -> np.ndarray:
        gain, veil = torch.from_numpy(np.exp(unknown[:3]))[:, None], float(unknown[3])
        return (linear_to_srgb((gain * (x + veil)).clamp(0, 1)) - y).flatten().numpy()

    start = (seen[:, chosen].double().mean(1) / (x.mean(1) + 0.02)).clamp(0.03, 3.0).log()
    bounds = [np.log(0.02)] * 3 + [0.0], [np.log(4.0)] * 3 + [1.0]
    first = [*start.tolist(), 0.02]
    found = least_squares(residuals, first, bounds=bounds, loss="soft_l1", f_scale=0.03)
    return _triple(np.exp(found.x[:3]).tolist()), float(found.x[3])


def _of_each_colour(article: Float[Tensor, "3 p"]) -> Int[Tensor, " q"]:
    """Indices of pixels, evenly spread over each colour, in number as the root of its area."""
    levels = (linear_to_srgb(article.clamp(0, 1)) * 4).round().long()
    codes = levels[0] * 25 + levels[1] * 5 + levels[2]
    places = [(codes == code).nonzero()[:, 0] for code in codes.unique().tolist()]
    return torch.cat([place[:: max(1, math.isqrt(len(place)) // 8)] for place in places])


def _blur_px(seen: Float[Tensor, "3 h w"], clean: Float[Tensor, "4 h w"]) -> float:
    """The blur at which the clean face loses as much edge energy to a further blur as the photo does.

    The loss is a ratio of energies, so neither the light nor details a few pixels out of place change it.
    """
    # Far enough inside that no blur brings in what is behind the article.
    inside = _blurred(clean[3:], 2 * REBLUR_PX)[0] > INSIDE
    if int(inside.sum()) < FEWEST_PIXELS:
        return 0.0
    grey, face = seen.mean(0, keepdim=True), clean[:3].mean(0, keepdim=True)
    soft = _edge_energy(_blurred(grey, REBLUR_PX), inside)
    sharp = _edge_energy(grey, inside) - _noise_energy(grey, inside)
    ratios = np.array([_loss(_blurred(face, blur), inside) for blur in BLURS_PX])
    if soft < NO_EDGES or not (ratios > 1).all():
        return 0.0
    # np.interp wants rising abscissae; the ratio falls with the blur.
    return float(np.interp(-sharp / soft, -ratios, BLURS_PX))


def _loss(grey: Tensor, inside: Tensor) -> float:
    """The edge energy over what is left of it after a further blur."""
    return _edge_energy(grey, inside) / max(_edge_energy(_blurred(grey, REBLUR_PX), inside), NO_EDGES)


def _edge_energy(grey: Float[Tensor, "1 h w"], inside: Bool[Tensor, "h w"]) -> float:
    """The mean squared step between neighbouring pixels well inside."""
    across, down = grey[0, 1:, 1:] - grey[0, 1:, :-1], grey[0, 1:, 1:] - grey[0, :-1, 1:]
    return float((across.square() + down.square())[inside[1:, 1:]].mean())


def _noise_energy(grey: Float[Tensor, "1 h w"], inside: Bool[Tensor, "h w"]) -> float:
    """What white noise adds to the edge energy; a median of mixed differences sees no edges (Donoho 1995)."""
    mixed = grey[:, 1:, 1:] - grey[:, 1:, :-1] - grey[:, :-1, 1:] + grey[:, :-1, :-1]
    deviation = float(mixed[:, inside[1:, 1:]].abs().median()) / 0.6745 / 2
    return 4 * deviation**2


def _blurred(image: Tensor, sigma_px: float) -> Tensor:
    return gaussian_blur(image[None, None], image.new_full((1,), sigma_px))[0, 0]


def _triple(values: list[float]) -> tuple[float, float, float]:
    red, green, blue = values
    return red, green, blue
