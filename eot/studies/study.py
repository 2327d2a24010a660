"""What a study is given, and the networks it trains for itself or finds trained."""

import json
from collections.abc import Generator
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from jaxtyping import Float, Int
from torch import Tensor

from eot.commands.harden import Request, harden
from eot.commands.tick import Tick
from eot.data import Data, load_data
from eot.harden.methods import Settings
from eot.harden.train import Course
from eot.victims import Victim
from eot.victims.state_dict import read_state
from eot.victims.state_file import load_state_file
from renders.errors import InputError


@dataclass(frozen=True)
class Setup:
    """What every study is given.

    Args:
        folder: of the data, as its format wants it.
        format: of the data, `mnist` or another that `load_data` knows.
        models: where trained networks are kept and looked for.
        quick: a few images and short courses, for a look within minutes.
        images: of the later rows of `madry`; 0 = the whole test split.
    """

    folder: Path
    models: Path
    device: torch.device
    format: str = "mnist"
    quick: bool = False
    seed: int = 0
    images: int = 0

    def spec(self, split: str, rows: str = "") -> str:
        """The data spec of a split; `rows` such as `0:5000` takes a part."""
        return f"{self.format}:{self.folder}?split={split}" + (f"&rows={rows}" if rows else "")

    def test(self, n: int, quick: int) -> Data:
        """A random sample of the test split: n images, or as many as are quick."""
        return load_data(self.spec("test")).sample(quick if self.quick else n, self.seed)

    def of(self, full: int, quick: int) -> int:
        """A number for this setup."""
        return quick if self.quick else full


# Natural training of the small nets: enough for 97 to 99 % of the digits.
SHORT = Course(epochs=8, batch=100, rate=2e-3, decay=1e-4)
HASTY = Course(epochs=3, batch=50, rate=2e-3, decay=1e-4)
QUICK_ROWS = "0:2000"


@dataclass(frozen=True)
class Wanted:
    """A network that a study needs."""

    name: str
    arch: str
    method: str = "natural"
    settings: Settings = field(default_factory=Settings)
    course: Course = SHORT
    seed: int = 0
    shift_px: int = 1
    rows: str = ""
    quick_rows: str = QUICK_ROWS


def networks(setup: Setup, wanted: tuple[Wanted, ...]) -> Generator[Tick, None, list[Victim]]:
    """The victims, in order: loaded where a file was trained in just this way, else trained now.

    A training that was cut off is gone on with where its checkpoint is of just this course.
    """
    victims = []
    for one in wanted:
        victims.append((yield from network(setup, one)))
    return victims


def network(setup: Setup, wanted: Wanted) -> Generator[Tick, None, Victim]:
    """One victim (see `networks`)."""
    request = request_of(setup, wanted)
    path = setup.models / f"{request.name}.safetensors"
    if not _is_trained(path, request):
        yield from harden(replace(request, force=True, resume=True), setup.device)
    return load_state_file(str(path)).to(setup.device)


def shown_to(victim: Victim, data: Data) -> tuple[Float[Tensor, "n c h w"], Int[Tensor, " n"]]:
    """All images and labels of a set, on the device of the victim."""
    images, labels = data.take(torch.arange(len(data)))
    return images.to(victim.mean.device), labels.to(victim.mean.device)


def request_of(setup: Setup, wanted: Wanted) -> Request:
    """How `eot harden` trains it; quick setups take fewer rows and epochs, under another name."""
    name, rows, course = wanted.name, wanted.rows, wanted.course
    if setup.quick:
        name, rows = f"{name}-quick", rows or wanted.quick_rows
        course = replace(HASTY, decay=course.decay)
    spec = setup.spec("train", rows)
    return Request(
        wanted.arch,
        spec,
        wanted.method,
        name,
        wanted.settings,
        course,
        wanted.shift_px,
        wanted.seed,
        out=setup.models,
    )


def command(request: Request) -> str:
    """The command line that trains it."""
    s, c = request.settings, request.course
    words = [
        f"eot harden {request.arch} --data '{request.data}' --method {request.method}",
        f"--epochs {c.epochs} --batch {c.batch} --learning-rate {c.rate:g} --decay {c.decay:g}",
        f"--shift-px {request.shift_px} --seed {request.seed} --name {request.name}",
    ]
    if request.method == "madry":
        words.append(f"--eps {s.eps:g} --steps {s.steps} --rate {s.rate:g} --ramp {s.ramp:g}")
    if request.method == "distil":
        words.append(f"--temperature {s.temperature:g}")
    return " ".join(words)


def commands(setup: Setup, nets: tuple[Wanted, ...]) -> str:
    """The command lines that train these networks, as a paragraph of a page."""
    return "Networks:\n\n" + "\n".join(f"    {command(request_of(setup, net))}" for net in nets)


def _is_trained(path: Path, request: Request) -> bool:
    if not path.is_file():
        return False
    try:
        metadata = read_state(path).metadata
        same = json.loads(metadata["training"]) == request.record()
        return same and metadata["data"] == load_data(request.data).sha256
    except (InputError, KeyError, ValueError):
        return False
