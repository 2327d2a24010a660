"""Defences that clean the picture before the model sees it: differentiable, or straight through.

An attack goes through them: a defence only tried against an attack that is blind to it says nothing
(Athalye et al. 2018, Obfuscated Gradients).
"""

from collections.abc import Callable
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from renders.errors import InputError, nearest
from renders.sensor.blur import gaussian_blur
from renders.sensor.jpeg import jpeg

Images = Float[Tensor, "n 3 h w"]
Clean = Callable[[Images, float], Images]
# Local gradient smoothing as published: windows of 15 px that overlap by 5, gradients above 0.1, times 2.3.
WINDOW_PX, OVERLAP_PX, GRADIENT, SMOOTHING = 15, 5, 0.1, 2.3


def compressed(images: Images, quality: float) -> Images:
    """JPEG at a quality of 1 to 100; the gradient goes straight through its roundings."""
    return jpeg(images.clamp(0, 1), images.new_full((len(images),), quality))


def with_bits(images: Images, bits: float) -> Images:
    """2^bits levels per channel (Xu et al. 2018, feature squeezing); the gradient goes straight through."""
    steps = 2**bits - 1
    return images + ((images * steps).round() / steps - images).detach()


def blurred(images: Images, sigma_px: float) -> Images:
    """Gaussian blur."""
    return gaussian_blur(images[None], images.new_full((len(images),), sigma_px))[0]


def median(images: Images, side_px: float) -> Images:
    """The median of a square neighbourhood of odd side, per channel; the gradient is that of the median."""
    side = int(side_px)
    framed = functional.pad(images, [side // 2] * 4, mode="replicate")
    windows = framed.unfold(2, side, 1).unfold(3, side, 1)
    return windows.flatten(4).median(-1).values


def smoothed(images: Images, strength: float) -> Images:
    """Local gradient smoothing: light is taken from where a window has strong gradients (Naseer et al. 2019).

    images · (1 - clamp(strength · g)), g the normalised gradient magnitude in windows whose mean exceeds 0.1.
    """
    grey = functional.pad(images.mean(1, keepdim=True), (0, 1, 0, 1), mode="replicate")
    across, down = grey[..., :-1, 1:] - grey[..., :-1, :-1], grey[..., 1:, :-1] - grey[..., :-1, :-1]
    size = (across.square() + down.square() + 1e-12).sqrt()
    low, high = size.amin((2, 3), keepdim=True), size.amax((2, 3), keepdim=True)
    normal = (size - low) / (high - low).clamp_min(1e-6)
    stride = WINDOW_PX - OVERLAP_PX
    window = min(WINDOW_PX, *normal.shape[-2:])
    means = functional.avg_pool2d(normal, window, stride, ceil_mode=True)
    # Every busy window is marked on all of its own pixels.
    whole = normal.new_ones(1, 1, window, window)
    marked = functional.conv_transpose2d((means > GRADIENT).to(images), whole, stride=stride) > 0
    busy = marked[..., : normal.shape[-2], : normal.shape[-1]]
    return images * (1 - (strength * normal * busy).clamp(0, 1))


@dataclass(frozen=True)
class Method:
    """A defence by name: what it does, its usual strength, and the strengths it takes.

    Args:
        step: between the strengths from low to high; 0 = any. 2^2.5 levels would lift white above 1.
    """

    clean: Clean
    usual: float
    low: float
    high: float
    step: float = 0.0

    def takes(self, strength: float) -> bool:
        """Whether it is one of these strengths."""
        on_a_step = not self.step or (strength - self.low) % self.step == 0
        return self.low <= strength <= self.high and on_a_step


METHODS: dict[str, Method] = {
    "jpeg": Method(compressed, 50, 1, 100),
    "bits": Method(with_bits, 4, 1, 8, step=1),
    "blur": Method(blurred, 1.0, 0.1, 20),
    "median": Method(median, 3, 3, 15, step=2),
    "lgs": Method(smoothed, SMOOTHING, 0.1, 20),
}


class Cleaning(nn.Module):
    """One defence with its strength, as a layer."""

    def __init__(self, name: str, strength: float) -> None:
        super().__init__()
        self.name, self.strength = name, strength

    def forward(self, images: Images) -> Images:
        """The images as the model gets them."""
        return METHODS[self.name].clean(images, self.strength)


def cleaning(text: str) -> Cleaning:
    """The defence `jpeg:50`, `bits:4`, `blur:1`, `median:3` or `lgs:2.3`; without a number its usual one."""
    name, _, number = text.partition(":")
    if name not in METHODS:
        raise InputError(f"defence: no {name!r}: {nearest(name, METHODS)}")
    method = METHODS[name]
    try:
        strength = float(number) if number else method.usual
    except ValueError:
        strength = float("nan")
    if not method.takes(strength):
        steps = f" in steps of {method.step:g}" if method.step else ""
        raise InputError(
            f"defence: expected {name} from {method.low:g} to {method.high:g}{steps}; got {text!r}: take one"
        )
    return Cleaning(name, strength)
