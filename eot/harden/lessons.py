"""What is learned from a batch: its labels, its worst case in a ball, or a teacher's soft answers."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from eot.harden.train import Marks, Reader
from eot.loop import descend
from eot.objectives import Evade
from eot.recipes import pgd
from eot.victims.victim import Victim, VictimInfo
from textures.norms import Linf, Norm


def _marks(logits: Tensor, classes: Tensor, loss: Tensor) -> Marks:
    return Marks(loss, float((logits.argmax(1) == classes).float().mean()))


@dataclass(frozen=True)
class Natural:
    """Cross entropy on the images as they are; at a temperature, on logits / temperature."""

    temperature: float = 1.0

    def __call__(
        self, reader: Reader, images: Tensor, classes: Tensor, progress: float, generator: torch.Generator
    ) -> Marks:
        """The marks on the batch itself."""
        logits = reader(images)
        return _marks(logits, classes, functional.cross_entropy(logits / self.temperature, classes))


@dataclass(frozen=True)
class Adversarial:
    """share · J(x) + (1 - share) · J(x + d), d by projected gradient descent in a ball of radius eps.

    share 0 with many steps is the saddle point of Madry et al. 2018, eq. 2.1; share 1/2 with one step of
    eps from the image itself the mixed objective of Goodfellow et al. 2015, section 6; one step from a
    random start, a little longer than eps, the fast training of Wong et al. 2020, algorithm 3.

    Args:
        rate: length of an inner step.
        random_start: begin at a random point of the ball, not at the image.
        ramp: share of the course over which eps and rate grow to their full size, so that a net whose
            weights are still random is not driven into answering the same to everything.
    """

    eps: float
    rate: float
    steps: int
    random_start: bool = True
    share: float = 0.0
    ramp: float = 0.0
    norm: Norm = field(default_factory=Linf)

    def __call__(
        self, reader: Reader, images: Tensor, classes: Tensor, progress: float, generator: torch.Generator
    ) -> Marks:
        """The marks on the attacked batch; the share read right is of attacked images."""
        worst = self.attacked(reader, images, classes, progress, generator)
        logits = reader(worst)
        loss = functional.cross_entropy(logits, classes)
        if self.share:
            loss = self.share * functional.cross_entropy(reader(images), classes) + (1 - self.share) * loss
        return _marks(logits, classes, loss)

    def attacked(
        self,
        reader: Reader,
        images: Float[Tensor, "n c h w"],
        classes: Int[Tensor, " n"],
        progress: float,
        generator: torch.Generator,
    ) -> Float[Tensor, "n c h w"]:
        """The batch moved against the reader as it is now."""
        grown = min(1.0, progress / self.ramp) if self.ramp else 1.0
        with frozen(reader, images) as victim:
            attack = pgd(
                images,
                victim,
                Evade(classes),
                eps=grown * self.eps,
                rate=grown * self.rate,
                steps=self.steps,
                norm=self.norm,
                generator=generator if self.random_start else None,
            )
            for _ in descend(
                attack.texture, attack.problem, attack.optimiser, attack.train, range(self.steps)
            ):
                pass
            return attack.texture().detach()


def madry(eps: float, rate: float, steps: int, ramp: float = 0.0, norm: Norm | None = None) -> Adversarial:
    """Min-max training with PGD from random starts (Madry et al. 2018)."""
    return Adversarial(eps, rate, steps, ramp=ramp, norm=norm or Linf())


def mixed(eps: float, share: float = 0.5) -> Adversarial:
    """The FGSM mixed objective (Goodfellow et al. 2015, section 6, alpha = 0.5)."""
    return Adversarial(eps, eps, 1, random_start=False, share=share)


def fast(eps: float, rate: float | None = None) -> Adversarial:
    """FGSM from a random start with steps of 1.25 eps (Wong et al. 2020)."""
    return Adversarial(eps, 1.25 * eps if rate is None else rate, 1)


@dataclass(frozen=True)
class Distilled:
    """The soft answers of a teacher at a temperature (Papernot et al. 2016, section IV).

    The teacher is trained by `Natural(temperature)`; the pupil answers at temperature 1 afterwards.
    """

    teacher: Reader
    temperature: float

    def __call__(
        self, reader: Reader, images: Tensor, classes: Tensor, progress: float, generator: torch.Generator
    ) -> Marks:
        """The cross entropy between the teacher's and the pupil's softened answers."""
        with torch.no_grad():
            soft = (self.teacher(images) / self.temperature).softmax(1)
        logits = reader(images)
        return _marks(logits, classes, functional.cross_entropy(logits / self.temperature, soft))


@contextmanager
def frozen(reader: Reader, images: Float[Tensor, "n c h w"]) -> Iterator[Victim]:
    """The reader as it is now, as a victim of such images: in eval mode, without gradients to its weights.

    It stays on its device, wherever the images are: moved, it would leave its optimiser behind.
    """
    was_training, (height, width) = reader.training, images.shape[-2:]
    learning = [parameter for parameter in reader.parameters() if parameter.requires_grad]
    info = VictimInfo("pupil", (), (height, width), "", "not stated", "a training that goes on")
    try:
        yield Victim(reader, info).to(reader.mean.device)
    finally:
        reader.train(was_training)
        for parameter in learning:
            parameter.requires_grad_(True)
