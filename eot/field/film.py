"""From traced light to the picture file a camera would leave: exposure, blur by motion, noise, JPEG.

Written with NumPy and Pillow alone, a second time beside `renders/sensor`. Not here: vignetting, distortion,
the mosaic and the tone curve.
"""

import io

import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image
from scipy import ndimage

from renders.conditions import Condition


def photo(
    light: Float[np.ndarray, "h w 3"], view: Condition, native: float, output_px: tuple[int, int]
) -> UInt8[np.ndarray, "rows columns 3"]:
    """The photograph of one view at the size the model gets; `native` camera pixels make one of the light."""
    exposed = light * gains(view)
    exposed = _moved(exposed, float(view.motion_px) / native, float(view.motion_deg))
    noisy = _noisy(exposed, view, native)
    image = Image.fromarray((encoded(noisy) * 255).round().astype(np.uint8))
    if view.jpeg_quality > 0:
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=int(view.jpeg_quality.round()), subsampling=2)
        image = Image.open(io.BytesIO(buffer.getvalue()))
    rows, columns = output_px
    if image.size != (columns, rows):
        image = image.resize((columns, rows), Image.Resampling.BICUBIC)
    return np.asarray(image.convert("RGB"))


def gains(view: Condition) -> Float[np.ndarray, " 3"]:
    """Exposure and the error of the white balance, by colour."""
    warm, green = float(view.warmth), float(view.tint)
    return 2.0 ** (float(view.exposure_stops) + np.array([warm / 2, green, -warm / 2]))


def decoded(srgb: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n"]:
    """sRGB in [0, 1] to linear light (IEC 61966-2-1)."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def encoded(linear: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n"]:
    """Linear light to sRGB, clipped to [0, 1]."""
    light = linear.clip(0, 1)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light.clip(1e-9) ** (1 / 2.4) - 0.055)


def _moved(light: Float[np.ndarray, "h w 3"], length_px: float, angle_deg: float) -> np.ndarray:
    """The mean along a line of this length: the camera moved while the shutter was open."""
    if length_px < 0.1:
        return light
    steps = np.linspace(-0.5, 0.5, max(3, 2 * round(length_px) + 1)) * length_px
    along = np.radians(angle_deg)
    shifted = [
        ndimage.shift(light, (-step * np.sin(along), step * np.cos(along), 0), order=1, mode="nearest")
        for step in steps
    ]
    mean: np.ndarray = np.mean(shifted, axis=0)
    return mean


def _noisy(light: Float[np.ndarray, "h w 3"], view: Condition, native: float) -> np.ndarray:
    """Shot and read noise, variance shot² x + read², averaged over the native pixels of each pixel."""
    generator = torch.Generator().manual_seed(int(view.noise_seed) % 2**62)
    draw = torch.randn(light.shape, generator=generator, dtype=torch.float64).numpy()
    deviation = np.sqrt(float(view.shot_noise) ** 2 * light.clip(0) + float(view.read_noise) ** 2)
    noisy: np.ndarray = light + draw * deviation / native
    return noisy
