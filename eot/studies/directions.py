"""Images that most excite single units, against random directions of the activation space.

Szegedy et al. 2014, section 3: a basis of random directions is as meaningful as the natural one.
"""

from collections.abc import Generator
from math import comb

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from eot.commands.tick import Tick
from eot.data import Data
from eot.streams import generator_for
from eot.studies.figures import pictures
from eot.studies.page import Figure, Page, Table
from eot.studies.study import Setup, Wanted, commands, network
from eot.victims import Victim
from renders.errors import InputError

NET = Wanted("digit-conv-natural", "digit-conv")
TOP = 8
# Units and directions whose images are shown.
SHOWN = 5


def directions(setup: Setup) -> Generator[Tick, None, Page]:
    """The page of the study."""
    victim = yield from network(setup, NET)
    data = setup.test(10_000, 1000)
    active = yield from activations(victim, data)
    units = active.shape[1]
    alive = (active > 0).any(0).nonzero()[:, 0]
    if len(alive) < 2 or len(data) < TOP:
        raise InputError(
            f"directions: expected {TOP} images that excite 2 units or more; got {len(data)} images and "
            f"{len(alive)} units: take more data, or another network"
        )
    few = min(SHOWN, len(alive))
    random = torch.randn(units, len(alive), generator=generator_for(setup.seed, "directions"))
    kinds = {"single units": active[:, alive], "random directions": active @ random}
    rows, shown, names = [], [], []
    for kind, projected in kinds.items():
        best = projected.topk(TOP, dim=0).indices
        alike = agreement(data.labels[best])
        half = 1.96 * float(alike.std()) / len(alike) ** 0.5
        rows.append(
            (kind, len(alike), float(alike.mean()), float(alike.mean()) - half, float(alike.mean()) + half)
        )
        shown += [data.images.take(best[:, i]) for i in range(few)]
        names += [f"{kind[:-1]} {i + 1}" for i in range(few)]
    chance = agreement(_shuffled(data.labels, len(alive), setup.seed))
    rows.append(("images drawn at random", len(chance), float(chance.mean()), None, None))
    columns = ("direction", "how many", "pairs of one class", "low", "high")
    return Page(
        "Single units and random directions",
        (
            _ABOUT,
            commands(setup, (NET,)),
            Table(
                f"Share of pairs among the {TOP} most exciting images that are of one class",
                columns,
                tuple(rows),
            ),
            Figure("images.png", _IMAGES, pictures(shown, names)),
        ),
    )


@torch.no_grad()
def activations(victim: Victim, data: Data) -> Generator[Tick, None, Float[Tensor, "n units"]]:
    """What comes out of the last hidden layer for every image, on the CPU."""
    layers = list(victim.module.children())
    hidden = nn.Sequential(*layers[:-1])
    parts, done = [], 0
    for images, _ in data.batches(500):
        rgb = images.to(victim.mean.device).expand(-1, 3, -1, -1)
        parts.append(hidden((rgb - victim.mean) / victim.std).cpu())
        done += len(images)
        yield Tick("activations", done, len(data))
    return torch.cat(parts)


def agreement(classes: Int[Tensor, "top directions"]) -> Float[Tensor, " directions"]:
    """Per direction the share of pairs of images that show the same class: 1 = all alike."""
    counts = torch.stack([classes == c for c in range(int(classes.max()) + 1)]).sum(1)
    return (counts * (counts - 1) / 2).sum(0) / comb(len(classes), 2)


def _shuffled(labels: Int[Tensor, " n"], count: int, seed: int) -> Int[Tensor, "top directions"]:
    rows = torch.randint(len(labels), (TOP, count), generator=generator_for(seed, "chance"))
    return labels[rows]


_ABOUT = """\
Szegedy et al. (2014) looked at the images that most excite a hidden unit, as people did to read a
meaning into it, and at those that most excite a random mixture of all units: the second sets look just
as alike. Here likeness is counted: how many pairs among the strongest images are of one class."""
_IMAGES = "The eight test images that most excite each of five units and each of five random directions."
