"""Training of the bundled sign classifiers: our own renders, cross entropy, one cycle of AdamW."""

from collections.abc import Generator
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from eot.commands.tick import Tick
from eot.harden.augment import moved
from eot.harden.lessons import Natural
from eot.harden.train import Course, Reader, Training, watched
from eot.streams import generator_for
from eot.victims.architectures import fresh
from eot.victims.sign_net import INPUT_PX, MEAN, STD
from eot.victims.sign_stickers import TRAINING, stickered
from eot.victims.sign_views import (
    Labelled,
    SignGroup,
    photograph,
    sign_groups,
    sign_labels,
    training_conditions,
)
from renders.backgrounds import Backgrounds

BACKGROUND_PX = 256
SHIFT_PX = 3


@dataclass(frozen=True)
class Plan:
    """How much is rendered and learned.

    Args:
        rounds: of rendering; each takes fresh stickers and `views` fresh views of every sign.
        views: of each sign in a round.
        backgrounds: different scenes behind the signs.
        epochs: passes over everything rendered.
        batch: images of a step.
        rate: peak learning rate.
    """

    rounds: int = 360
    views: int = 8
    backgrounds: int = 256
    epochs: int = 3
    batch: int = 256
    rate: float = 4e-3
    decay: float = 0.02


@dataclass(frozen=True)
class Pool:
    """Labelled views, eight bits a channel."""

    images: UInt8[Tensor, "n 3 h w"]
    classes: Int[Tensor, " n"]

    def __len__(self) -> int:
        return len(self.classes)

    def take(self, rows: Int[Tensor, " m"]) -> tuple[Float[Tensor, "m 3 h w"], Int[Tensor, " m"]]:
        """The images, sRGB in [0, 1], and classes of these rows."""
        return self.images[rows].float() / 255, self.classes[rows]


def train(arch: str, plan: Plan, seed: int, device: torch.device) -> Generator[Tick, None, nn.Module]:
    """The network `arch` trained on views of every catalogue sign, in eval mode on the CPU.

    The same seed, device, number of threads and torch version give the same weights.
    """
    net = fresh(arch, len(sign_labels()), seed, "sign-weights")
    pool = yield from rendered(plan, seed)
    yield from learn(net.to(device), pool, plan, seed)
    return net.cpu().to(memory_format=torch.contiguous_format).eval()


class Rounds(Dataset):
    """The rounds of a plan; each depends on nothing but seed and number, so any process can make it."""

    def __init__(self, plan: Plan, seed: int) -> None:
        scenes = generator_for(seed, "sign-backgrounds")
        self.groups = sign_groups(Backgrounds.procedural(scenes, plan.backgrounds, BACKGROUND_PX))
        self.plan, self.seed = plan, seed

    def __len__(self) -> int:
        return self.plan.rounds

    def __getitem__(self, index: int) -> Pool:
        """Round `index`: the same number of views of every sign."""
        generator = generator_for(self.seed, "sign-views", index)
        views = [self._views(group, generator) for group in self.groups]
        images = torch.cat([labelled.images for labelled in views])
        classes = torch.cat([labelled.classes for labelled in views])
        return Pool(images.mul(255).round().to(torch.uint8), classes)

    def _views(self, group: SignGroup, generator: torch.Generator) -> Labelled:
        conditions = training_conditions(group.scene.backgrounds)
        faces = stickered(group.faces, TRAINING, generator)
        return photograph(group, faces, conditions.sample(generator, self.plan.views))


def rendered(plan: Plan, seed: int) -> Generator[Tick, None, Pool]:
    """All views of the plan, made by as many processes as torch has threads."""
    workers = torch.get_num_threads()
    loader = DataLoader(
        Rounds(plan, seed),
        batch_size=None,
        num_workers=workers if workers > 1 else 0,
        generator=generator_for(seed, "sign-loader"),
    )
    per_round = plan.views * len(sign_labels())
    images = torch.empty(plan.rounds * per_round, 3, INPUT_PX, INPUT_PX, dtype=torch.uint8)
    classes = torch.empty(len(images), dtype=torch.int64)
    for index, made in enumerate(loader):
        rows = slice(index * per_round, (index + 1) * per_round)
        images[rows], classes[rows] = made.images, made.classes
        yield Tick("render", index + 1, plan.rounds)
    return Pool(images, classes)


def learn(net: nn.Module, pool: Pool, plan: Plan, seed: int) -> Generator[Tick, None, None]:
    """Trains the network in place on every view of the pool, `plan.epochs` times in a new order."""
    reader = Reader(net, MEAN, STD).to(next(net.parameters()).device)
    course = Course(plan.epochs, plan.batch, plan.rate, plan.decay)
    training = Training(reader, pool, Natural(), course)
    yield from watched(training, generator_for(seed, "sign-batches"), jittered)


def jittered(images: Float[Tensor, "n 3 h w"], generator: torch.Generator) -> Float[Tensor, "n 3 h w"]:
    """Each image moved by up to three pixels, its channels brightened and shifted a little."""
    n = len(images)
    shifted = moved(images, SHIFT_PX, generator)
    gain = 1 + 0.2 * (torch.rand(n, 1, 1, 1, generator=generator) - 0.5)
    cast = 1 + 0.1 * (torch.rand(n, 3, 1, 1, generator=generator) - 0.5)
    offset = 0.1 * (torch.rand(n, 1, 1, 1, generator=generator) - 0.5)
    return (shifted * (gain * cast).to(images) + offset.to(images)).clamp(0, 1)
