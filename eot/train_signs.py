"""Training of the bundled sign classifiers: our own renders, cross entropy, one cycle of AdamW."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset

from eot.commands.tick import Tick
from eot.streams import generator_for
from eot.victims.sign_net import INPUT_PX, MEAN, STD, build
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


def train(arch: str, plan: Plan, seed: int, device: torch.device) -> Generator[Tick, None, nn.Module]:
    """The network `arch` trained on views of every catalogue sign, in eval mode on the CPU.

    The same seed, device, number of threads and torch version give the same weights.
    """
    net = fresh(arch, seed)
    pool = yield from rendered(plan, seed)
    yield from learn(net.to(device), pool, plan, seed)
    return net.cpu().to(memory_format=torch.contiguous_format).eval()


def fresh(arch: str, seed: int) -> nn.Module:
    """The network with first weights drawn from the seed (He et al. 2015)."""
    net = build(arch, len(sign_labels()))
    generator = generator_for(seed, "sign-weights")
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu", generator=generator)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    return net


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
    device = next(net.parameters()).device
    net.to(memory_format=torch.channels_last).train()
    steps = plan.epochs * (len(pool.classes) // plan.batch)
    optimiser = torch.optim.AdamW(net.parameters(), lr=plan.rate, weight_decay=plan.decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, plan.rate, total_steps=max(steps, 2))
    generator = generator_for(seed, "sign-batches")
    smooth = 0.0
    for step, rows in enumerate(_batches(pool, plan, generator)):
        images = jittered(pool.images[rows].to(device).float() / 255, generator)
        with torch.autocast(device.type, torch.bfloat16):
            logits = net(normalised(images))
        loss = functional.cross_entropy(logits.float(), pool.classes[rows].to(device))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        smooth += (loss.item() - smooth) / min(step + 1, 50)
        yield Tick("train", step + 1, steps, f"loss {smooth:.3f}")


def _batches(pool: Pool, plan: Plan, generator: torch.Generator) -> Iterator[Tensor]:
    for _ in range(plan.epochs):
        order = torch.randperm(len(pool.classes), generator=generator)
        yield from order[: len(order) // plan.batch * plan.batch].split(plan.batch)


def normalised(images: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n 3 h w"]:
    """sRGB in [0, 1] as the network takes it."""
    mean, std = (images.new_tensor(value).reshape(1, 3, 1, 1) for value in (MEAN, STD))
    return ((images - mean) / std).contiguous(memory_format=torch.channels_last)


def jittered(images: Float[Tensor, "n 3 h w"], generator: torch.Generator) -> Float[Tensor, "n 3 h w"]:
    """Each image moved by up to three pixels, its channels brightened and shifted a little."""
    n, _, height, width = images.shape
    padded = functional.pad(images, (SHIFT_PX,) * 4, mode="replicate")
    moves = torch.randint(2 * SHIFT_PX + 1, (n, 2), generator=generator).tolist()
    moved = torch.stack(
        [image[:, y : y + height, x : x + width] for image, (y, x) in zip(padded, moves, strict=True)]
    )
    gain = 1 + 0.2 * (torch.rand(n, 1, 1, 1, generator=generator) - 0.5)
    cast = 1 + 0.1 * (torch.rand(n, 3, 1, 1, generator=generator) - 0.5)
    offset = 0.1 * (torch.rand(n, 1, 1, 1, generator=generator) - 0.5)
    return (moved * (gain * cast).to(images) + offset.to(images)).clamp(0, 1)
