"""What the camera costs: each part of the sensor, forward and backward, over a network's own pass.

The base is MobileNetV2 as loaded, parameters frozen, channels first, forward and backward to the input; the
same 16 views of 224 x 224 px go through the sensor in the same run.

    python -m benchmarks.sensor
"""

from collections.abc import Callable
from dataclasses import replace

import torch
import torchvision
from torch import Tensor

from benchmarks.measure import Figure, cpu_s, show
from eot.streams import generator_for
from renders.backgrounds import Backgrounds
from renders.conditions import Condition, Conditions, still
from renders.sensor.blur import defocus, motion
from renders.sensor.develop import develop
from renders.sensor.exposure import expose
from renders.sensor.jpeg import compress
from renders.sensor.mosaic import bayer
from renders.sensor.noise import add_noise
from renders.sensor.optics import distort, vignette
from renders.sensor.resize import resize
from renders.sensor.tone import curve, encode

VIEWS, SIDE_PX = 16, 224
CAMERA = Conditions(
    {
        "exposure_stops": (-1, 0.5),
        "warmth": (-0.3, 0.3),
        "tint": (-0.1, 0.1),
        "vignetting": (0.1, 0.4),
        "distortion": (-0.05, 0.05),
        "defocus_px": (0.2, 1.2),
        "motion_px": (0.5, 4),
        "motion_deg": (-90, 90),
        "shot_noise": (0.005, 0.03),
        "read_noise": (0.002, 0.01),
        "mosaic": (1, 1),
        "contrast": (0.1, 0.6),
        "jpeg_quality": (40, 95),
        "background": (0, 3),
        "background_zoom": (1, 3),
    }
)
# What blur, noise and JPEG added to a step in the prototypes of the design: 0.78 - 0.63 of the base.
PROTOTYPE, PROTOTYPE_BOUND = "blur, noise and JPEG", 0.15

FEW = ("defocus_px", "shot_noise", "read_noise", "noise_seed", "jpeg_quality")


def parts(condition: Condition) -> dict[str, Callable[[Tensor], Tensor]]:
    """The stages of the sensor in their order."""
    native = torch.ones(len(condition))
    return {
        "vignetting": lambda x: vignette(x, condition),
        "distortion": lambda x: distort(x, condition),
        "defocus": lambda x: defocus(x, condition, native),
        "motion blur": lambda x: motion(x, condition, native),
        "exposure and white balance": lambda x: expose(x, condition),
        "noise": lambda x: add_noise(x, condition, native),
        "mosaic": lambda x: bayer(x, condition, native),
        "clipping and sRGB": encode,
        "tone curve": lambda x: curve(x, condition),
        "JPEG": lambda x: compress(x, condition),
        "resize from 181 px": lambda x: resize(x[0, ..., :181, :181], (SIDE_PX, SIDE_PX))[None],
    }


def both_ways(stage: Callable[[Tensor], Tensor], images: Tensor) -> Callable[[], object]:
    """Forward and backward to the images."""
    pull = torch.ones_like(stage(images))

    def call() -> object:
        leaf = images.detach().requires_grad_()
        return torch.autograd.grad(stage(leaf), leaf, pull)

    return call


def calls() -> dict[str, Callable[[], object]]:
    """All that is timed; the network first."""
    generator = generator_for(0, "sensor")
    condition = CAMERA.sample(generator, VIEWS)
    net = torchvision.models.mobilenet_v2(weights=None).eval().requires_grad_(False)
    images = torch.rand(1, VIEWS, 3, SIDE_PX, SIDE_PX, generator=generator)
    timed = {"base": both_ways(lambda x: net(x[0]), images)}
    timed["everything"] = both_ways(lambda x: develop(x, condition), images)
    few = replace(still(VIEWS), **{name: getattr(condition, name) for name in FEW})
    timed[PROTOTYPE] = both_ways(lambda x: develop(x, few), images)
    timed |= {name: both_ways(stage, images) for name, stage in parts(condition).items()}
    behind = Backgrounds.procedural(generator, 4, 512)
    timed["background, cut out (forward only)"] = lambda: behind.view(condition, (SIDE_PX, SIDE_PX))
    return timed


def main(rounds: int = 7) -> list[Figure]:
    """Measures and prints."""
    torch.set_num_threads(1)
    seconds = cpu_s(calls(), rounds)
    base = seconds.pop("base")
    figures = [Figure("MobileNetV2, forward and backward, per view", 1e3 * base / VIEWS, "ms")]
    for name, value in seconds.items():
        bound = PROTOTYPE_BOUND if name == PROTOTYPE else None
        figures.append(Figure(f"{name}, over the network", value / base, "", bound))
    show(f"Sensor, {VIEWS} views of {SIDE_PX} px", figures)
    return figures


if __name__ == "__main__":
    main()
