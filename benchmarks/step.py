"""What a whole EOT step costs over the victim's own forward and backward pass, in the same run.

The base is what every peer pays: the model as it was loaded, parameters frozen, channels first. The step is
everything that eot does: draw views, render, sensor, victim, backward pass, optimiser, projection. Untrained
weights cost what trained ones do.

    python -m benchmarks.step
"""

import copy
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import torch
import torchvision
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from benchmarks.measure import Figure, cpu_s, show
from eot.loop import descend
from eot.objectives import Evade, Targeted
from eot.problem import Problem
from eot.recipes import pgd
from eot.streams import Stream, generator_for
from eot.victims.admit import Claim, admit_classifier
from eot.victims.sign_net import INPUT_PX, build
from eot.victims.victim import Victim
from renders.backgrounds import Backgrounds
from renders.camera import Camera
from renders.conditions import Conditions
from renders.scene import Scene
from renders.surfaces.flat import Flat
from textures.parameters import Pixels

EXAMPLE = Path(__file__).parents[1] / "examples" / "stop_sticker.toml"
POSE = ("distance_m", "yaw_deg", "pitch_deg", "roll_deg", "zoom", "aim_x", "aim_y")
TARGET, TEXELS = 1, 256


@dataclass(frozen=True)
class Case:
    """A network, its input size and the views of a step; `bound` is the target for the whole step."""

    name: str
    module: nn.Module
    side_px: int
    views: int
    bound: float | None = None


def cases() -> list[Case]:
    """The bundled sign net and two of torchvision's."""
    zoo = torchvision.models
    return [
        Case("mobilenet_v2", zoo.mobilenet_v2(weights=None), 224, 16, 0.85),
        Case("resnet50", zoo.resnet50(weights=None), 224, 16, 0.85),
        Case("sign-net", build("sign-net", 50), INPUT_PX, 128),
    ]


def varied(module: nn.Module, side_px: int) -> nn.Module:
    """The untrained network with running statistics of its own, so that folding has something to fold."""
    module.train()
    with torch.no_grad():
        module(torch.rand(8, 3, side_px, side_px, generator=generator_for(0, "statistics")))
    return module.eval().requires_grad_(False)


def problem(victim: Victim, side_px: int, supersample: int = 2) -> Problem:
    """A 750 mm stop sign in the street, as in the example, where 2 is `camera.supersample`'s default."""
    backgrounds = Backgrounds.procedural(generator_for(0, "backgrounds"), 4, 512)
    camera, size = Camera.from_35mm(26, 4032, 3024), (side_px, side_px)
    scene = Scene(Flat(0.75, 0.75), camera, backgrounds, size, supersample=supersample)
    return Problem(scene, ((victim, 1.0),), Targeted(TARGET))


def stepper(problem: Problem, conditions: Conditions, views: int) -> Callable[[], object]:
    """Call by call, the steps of one attack."""
    texture = Pixels(torch.full((1, 3, TEXELS, TEXELS), 0.5))
    optimiser = torch.optim.Adam(texture.parameters(), lr=0.05)
    steps = descend(texture, problem, optimiser, Stream(conditions, 0, "train", views), range(10**6))
    return lambda: next(steps)


def measured(case: Case, rounds: int) -> list[Figure]:
    """The costs of one network."""
    plain = varied(case.module, case.side_px)
    victim = admit_classifier(
        copy.deepcopy(plain), Claim(case.name, "untrained", "none", (case.side_px, case.side_px))
    )
    images = torch.rand(case.views, 3, case.side_px, case.side_px, generator=generator_for(0, "images"))
    leaf, label = images.requires_grad_(), torch.full((case.views,), TARGET)

    def step_of(model: Callable[[Tensor], Tensor]) -> Callable[[], object]:
        return lambda: cross_entropy(model(leaf), label).backward()

    def forward() -> None:
        with torch.inference_mode():
            plain(images)

    ranges = {name: tuple(pair) for name, pair in tomllib.loads(EXAMPLE.read_text())["conditions"].items()}
    whole = Conditions(ranges)
    still = Conditions({name: ranges[name] for name in POSE})
    report = Stream(whole, 0, "report", case.views)
    posed, numbers = problem(victim, case.side_px), count()

    def evaluate() -> None:
        with torch.inference_mode():
            posed(torch.full((1, 3, TEXELS, TEXELS), 0.5), report(next(numbers)))

    seconds = cpu_s(
        {
            "bare": step_of(plain),
            "folded": step_of(victim),
            "posed": stepper(posed, still, case.views),
            "whole": stepper(posed, whole, case.views),
            "coarse": stepper(problem(victim, case.side_px, 1), whole, case.views),
            "forward": forward,
            "evaluation": evaluate,
        },
        rounds,
    )
    bare = seconds["bare"]
    bounded = 1.3 if case.bound else None
    return [
        Figure(f"{case.name} x {case.views}: the model alone", 1000 * bare / case.views, "ms"),
        Figure("  folded and channels last, over the model", seconds["folded"] / bare, "x"),
        Figure("  EOT step without a camera, over the model", seconds["posed"] / bare, "x"),
        Figure("  EOT step with the full camera, over the model", seconds["whole"] / bare, "x", case.bound),
        Figure("  the same with one sample a pixel, over the model", seconds["coarse"] / bare, "x"),
        Figure(
            "  evaluation, over the forward pass", seconds["evaluation"] / seconds["forward"], "x", bounded
        ),
        Figure(
            "  what eot adds to a view with the full camera",
            1000 * (seconds["whole"] - seconds["folded"]) / case.views,
            "ms",
        ),
    ]


def digital(rounds: int, images: int = 64, steps: int = 5) -> list[Figure]:
    """PGD on the screen over as many bare steps of the sign net."""
    plain = varied(build("sign-net", 50), INPUT_PX)
    victim = admit_classifier(
        copy.deepcopy(plain), Claim("sign-net", "untrained", "none", (INPUT_PX, INPUT_PX))
    )
    start = torch.rand(images, 3, INPUT_PX, INPUT_PX, generator=generator_for(0, "images"))
    leaf, label = start.clone().requires_grad_(), torch.zeros(images, dtype=torch.int64)

    def bare() -> None:
        for _ in range(steps):
            cross_entropy(plain(leaf), label).backward()

    def attack() -> None:
        parts = pgd(start, victim, Evade(label), eps=0.03, rate=0.01, steps=steps)
        for _ in descend(parts.texture, parts.problem, parts.optimiser, parts.train, range(steps)):
            pass

    seconds = cpu_s({"bare": bare, "attack": attack}, rounds)
    return [
        Figure(
            f"PGD, sign-net x {images}, over its bare steps", seconds["attack"] / seconds["bare"], "x", 0.8
        )
    ]


def main(rounds: int = 5) -> None:
    """Prints one table for each network."""
    torch.set_num_threads(1)
    for case in cases():
        show(f"A step on {case.name}, one core", measured(case, rounds))
    show("Digital attacks", digital(rounds))


if __name__ == "__main__":
    main()
