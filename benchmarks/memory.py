"""Peak memory of a view: of the bare model's own step, and of a whole EOT step with the full camera.

Each measurement is a process of its own, because a process never gives back the peak it had. The memory of a
view is what 32 views take more than 16, over 16, so that what is loaded once counts nowhere.

    python -m benchmarks.memory
"""

import copy
import subprocess
import sys
import tomllib
from pathlib import Path

import torch
import torchvision
from torch.nn.functional import cross_entropy

from benchmarks.measure import Figure, peak_mb, show
from benchmarks.step import EXAMPLE, TARGET, TEXELS, problem, varied
from eot.loop import descend
from eot.streams import Stream, generator_for
from eot.victims.admit import Claim, admit_classifier
from renders.conditions import Conditions
from textures.parameters import Pixels

SIDE_PX, FEW, MANY, MICRO = 224, 16, 32, 8
ROOT = Path(__file__).parents[1]


def bare(views: int) -> None:
    """The model as it was loaded, forward and backward to the input."""
    model = varied(torchvision.models.mobilenet_v2(weights=None), SIDE_PX)
    images = torch.rand(views, 3, SIDE_PX, SIDE_PX, generator=generator_for(0, "images")).requires_grad_()
    for _ in range(2):
        cross_entropy(model(images), torch.full((views,), TARGET)).backward()


def step(views: int, micro: int | None = None) -> None:
    """Two steps of an attack on a sign in the street, at most `micro` views in memory."""
    model = varied(torchvision.models.mobilenet_v2(weights=None), SIDE_PX)
    victim = admit_classifier(
        copy.deepcopy(model), Claim("mobilenet_v2", "untrained", "none", (SIDE_PX, SIDE_PX))
    )
    ranges = {name: tuple(pair) for name, pair in tomllib.loads(EXAMPLE.read_text())["conditions"].items()}
    texture = Pixels(torch.full((1, 3, TEXELS, TEXELS), 0.5))
    optimiser = torch.optim.Adam(texture.parameters(), lr=0.05)
    stream = Stream(Conditions(ranges), 0, "train", views)
    for _ in descend(texture, problem(victim, SIDE_PX), optimiser, stream, range(2), micro=micro):
        pass


WORK = {"bare": bare, "step": step, "micro": lambda views: step(views, MICRO)}


def peak_of(work: str, views: int) -> float:
    """The peak memory of a process that does nothing else."""
    command = [sys.executable, "-m", "benchmarks.memory", work, str(views)]
    return float(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)


def per_view_mb(work: str) -> float:
    """What each further view takes."""
    return (peak_of(work, MANY) - peak_of(work, FEW)) / (MANY - FEW)


def main() -> None:
    """Prints the table."""
    model = per_view_mb("bare")
    figures = [
        Figure("MobileNetV2 x 224 px, the model alone, a view", model, "MB"),
        Figure("EOT step with the full camera, over the model", per_view_mb("step") / model, "x", 0.8),
        Figure(f"the same, {MICRO} views in memory", per_view_mb("micro") / model, "x", 0.1),
    ]
    show("Peak memory", figures)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        torch.set_num_threads(1)
        WORK[sys.argv[1]](int(sys.argv[2]))
        print(peak_mb())
    else:
        main()
