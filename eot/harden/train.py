"""The one trainer: a lesson's loss on labelled images, AdamW, one cycle of the rate. It knows no attack."""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from eot.commands.tick import Tick
from eot.harden.precision import multiplies_in_bfloat16
from eot.victims.victim import Rgb

Augment = Callable[[Tensor, torch.Generator], Tensor]


@dataclass(frozen=True)
class Course:
    """How long and how fast is learned.

    Args:
        epochs: passes over the data, each in a new order.
        batch: images of a step.
        rate: peak of the learning rate, which rises and falls once (Smith & Topin 2018).
        decay: weight decay of AdamW.
    """

    epochs: int
    batch: int
    rate: float
    decay: float


class Reader(nn.Module):
    """The network from sRGB (or grey) in [0, 1] to float32 logits, summed in bfloat16 where that is fast."""

    mean: Tensor
    std: Tensor

    def __init__(self, net: nn.Module, mean: Rgb, std: Rgb) -> None:
        super().__init__()
        self.net = net.to(memory_format=torch.channels_last)
        self.register_buffer("mean", torch.tensor(mean).reshape(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(std).reshape(1, 3, 1, 1))

    def forward(self, images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n classes"]:
        """Logits; grey images are shown as three equal channels."""
        normal = (images.expand(-1, 3, -1, -1) - self.mean) / self.std
        fast = multiplies_in_bfloat16(images.device)
        with torch.autocast(images.device.type, torch.bfloat16, enabled=fast):
            logits = self.net(normal.contiguous(memory_format=torch.channels_last))
        return logits.float()


@dataclass(frozen=True)
class Marks:
    """What a lesson came to: the loss to go down, and the share of what it showed that was read right."""

    loss: Float[Tensor, ""]
    right: float


@runtime_checkable
class Lesson(Protocol):
    """What is learned from a batch."""

    def __call__(
        self,
        reader: Reader,
        images: Float[Tensor, "n c h w"],
        classes: Int[Tensor, " n"],
        progress: float,
        generator: torch.Generator,
    ) -> Marks:
        """The marks on a batch; `progress` of the course runs from 0 to 1."""
        ...


@runtime_checkable
class Labelled(Protocol):
    """Where the images come from, such as `Data`."""

    def __len__(self) -> int:
        """How many there are."""
        ...

    def take(self, rows: Int[Tensor, " m"]) -> tuple[Float[Tensor, "m c h w"], Int[Tensor, " m"]]:
        """The images and labels of these rows."""
        ...


class Training:
    """A network on its way: everything that changes from step to step, to be saved and put back.

    The same network, data, lesson, course and generator give the same weights on the same machine, also
    when `state` is put into another `Training` of the same parts half-way.
    """

    def __init__(self, reader: Reader, data: Labelled, lesson: Lesson, course: Course) -> None:
        self.reader, self.data, self.lesson, self.course = reader, data, lesson, course
        self.per_epoch = len(data) // course.batch
        self.steps = course.epochs * self.per_epoch
        self.step = 0
        self.order = torch.empty(0, dtype=torch.int64)
        net = reader.net
        self.optimiser = torch.optim.AdamW(net.parameters(), lr=course.rate, weight_decay=course.decay)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimiser, course.rate, total_steps=max(self.steps, 2)
        )

    def state(self, generator: torch.Generator) -> dict[str, Any]:
        """All of it, of tensors, numbers and texts; it shares memory with the training."""
        return {
            "step": self.step,
            "order": self.order,
            "generator": generator.get_state(),
            "net": dict(self.reader.net.state_dict()),
            "optimiser": self.optimiser.state_dict(),
            "schedule": self.schedule.state_dict(),
        }

    def restore_(self, state: dict[str, Any], generator: torch.Generator) -> None:
        """Puts a state of the same parts back."""
        self.step, self.order = state["step"], state["order"]
        generator.set_state(state["generator"])
        self.reader.net.load_state_dict(state["net"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.schedule.load_state_dict(state["schedule"])


def learn(
    training: Training, generator: torch.Generator, augment: Augment | None = None
) -> Iterator[tuple[int, Marks]]:
    """Trains in place to the end of the course, yielding the number of steps done and the marks of the last.

    All draws come from the generator: the order of an epoch, then augmentation and lesson of each step.
    """
    device = next(training.reader.parameters()).device
    training.reader.train()
    batch = training.course.batch
    while training.step < training.steps:
        place = training.step % training.per_epoch
        if place == 0:
            training.order = torch.randperm(len(training.data), generator=generator)
        images, classes = training.data.take(training.order[place * batch : (place + 1) * batch])
        images, classes = images.to(device), classes.to(device)
        if augment is not None:
            images = augment(images, generator)
        progress = training.step / training.steps
        marks = training.lesson(training.reader, images, classes, progress, generator)
        training.optimiser.zero_grad()
        marks.loss.backward()
        training.optimiser.step()
        training.schedule.step()
        training.step += 1
        yield training.step, marks


def watched(
    training: Training, generator: torch.Generator, augment: Augment | None = None
) -> Generator[Tick, None, None]:
    """`learn` with its progress, the loss and the share read right smoothed over about 50 steps."""
    loss = right = 0.0
    for count, (step, marks) in enumerate(learn(training, generator, augment), start=1):
        loss += (marks.loss.item() - loss) / min(count, 50)
        right += (marks.right - right) / min(count, 50)
        yield Tick("train", step, training.steps, f"loss {loss:.3f}, right {right:.1%}")
