"""What is checked: a victim and labelled images that fit each other."""

from dataclasses import dataclass
from itertools import chain, count

import torch
from jaxtyping import Float, Int
from torch import Tensor

from eot.check.answers import finite_answers
from eot.data.data import Data
from eot.objectives import Distance, Evade, cross_entropy
from eot.streams import generator_for
from eot.victims.victim import Victim
from renders.errors import InputError
from textures.parameters.texture import checked_image

# As many images are forwarded at once as hold so many values: 64 of 64 px, 16 of 128 px, 5 of 224 px.
VALUES = 64 * 3 * 64 * 64


@dataclass(frozen=True)
class Subject:
    """The victim, n images and their classes.

    Args:
        surrogates: models that adversarial images are made on, to be shown to the victim.
        digest: the hash of the data.
        signs: whether the images are views of the bundled signs, whose faces are known.
    """

    victim: Victim
    images: Float[Tensor, "n c h w"]
    labels: Int[Tensor, " n"]
    data: str
    digest: str
    surrogates: tuple[Victim, ...] = ()
    signs: bool = False

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def batch(self) -> int:
        """How many images are attacked at once."""
        return max(1, min(64, VALUES // self.images[0].expand(3, -1, -1).numel()))

    @property
    def surrogate_names(self) -> tuple[str, ...]:
        """A name for each surrogate, no two alike: `net`, then `net#2`, in the order they are given in."""
        names: list[str] = []
        for other in self.surrogates:
            numbered = (f"{other.info.name}#{number}" for number in count(2))
            names.append(next(name for name in chain([other.info.name], numbered) if name not in names))
        return tuple(names)

    def goal(self, rows: Tensor, distance: Distance = cross_entropy) -> Evade:
        """Not to be read as what they are."""
        return Evade(self.labels[rows], distance)


def shuffled(data: Data, seed: int) -> Data:
    """The same rows in an order that is drawn, of which the hash of the data tells.

    Parts that take few images take the first ones: those of a folder would all be of its first classes.
    """
    return data.part(torch.randperm(len(data), generator=generator_for(seed, "check-order")))


def subject_of(
    victim: Victim,
    data: Data,
    device: torch.device,
    surrogates: tuple[Victim, ...] = (),
    signs: bool = False,
) -> Subject:
    """The subject, once image range, label range and answers are what they must be.

    Raises:
        InputError: images outside [0, 1], labels of no class of the victim, surrogates of other classes.
        RunError: answers that are not finite.
    """
    images, labels = data.take(torch.arange(len(data)))
    images = in_range(images, data.name)
    name = f"{data.name} ({data.split})"
    subject = Subject(victim, images.to(device), labels.to(device), name, data.sha256, surrogates, signs)
    classes = _classes(victim, images[:1].to(device))
    check_labels(labels, classes, data.name, victim.info.name)
    for other in surrogates:
        if _classes(other, images[:1].to(device)) != classes:
            raise InputError(
                f"surrogates must know the classes of the victim; {victim.info.name} has {classes} of them, "
                f"{other.info.name} another number: leave it out"
            )
    return subject


def in_range(images: Tensor, name: str) -> Float[Tensor, "n c h w"]:
    """The images themselves, once they are finite and in [0, 1], grey or in colour."""
    if images.ndim == 4 and images.shape[1] == 1:
        checked_image(images.expand(-1, 3, -1, -1), f"the images of {name}")
        return images
    return checked_image(images, f"the images of {name}")


def check_labels(labels: Tensor, classes: int, data: str, victim: str) -> None:
    """Raises InputError where a label is no class of the victim."""
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high >= classes:
        raise InputError(
            f"labels of {data} must be classes of {victim}, 0 to {classes - 1}; got {low} to {high}: use the "
            "data that the model was trained for, or count its classes from 0"
        )


@torch.no_grad()
def _classes(victim: Victim, image: Tensor) -> int:
    with finite_answers((victim,)):
        return victim(image.expand(-1, 3, -1, -1)).shape[1]
