"""Views of signs whose stickers are optimised against the very network that learns from them.

Adversarial training as in Madry et al. 2018, with the inner problem of an article in the world: the
expected loss of a sticker over views (Athalye et al. 2018, eq. 2; Eykholt et al. 2018, eq. 2).
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from eot.harden.lessons import frozen
from eot.harden.train import Reader
from eot.loop import descend
from eot.objectives import Evade
from eot.optimisers import SteepestDescent
from eot.problem import Problem
from eot.streams import Stream, generator_for
from eot.victims.sign_net import INPUT_PX
from eot.victims.sign_views import (
    SignGroup,
    photograph,
    sign_groups,
    training_conditions,
)
from renders.backgrounds import Backgrounds
from textures.masks import rectangles
from textures.norms import Linf
from textures.parameters import Pixels, Sticker

BACKGROUND_PX = 256


@dataclass(frozen=True)
class StickerPlan:
    """How hard the stickers are, and how many views each round shows.

    Args:
        rounds: of fresh stickers; one is a step of training.
        signs: in a round, half of them with a sticker.
        views: of each sign, fresh ones for the attack's steps and for learning.
        area: least and largest share of the square canvas a sticker covers.
        rate: change of the ink's sRGB in a step, all of 0 to 1 being allowed.
    """

    rounds: int = 400
    signs: int = 16
    views: int = 4
    steps: int = 5
    rate: float = 0.2
    area: tuple[float, float] = (0.03, 0.2)
    backgrounds: int = 64


class AttackedSigns:
    """Labelled views for `Training`: row i is round i, attacked when taken, n = signs · views."""

    def __init__(self, reader: Reader, plan: StickerPlan, seed: int) -> None:
        self.reader, self.plan, self.seed = reader, plan, seed
        scenes = generator_for(seed, "sticker-backgrounds")
        self.backgrounds = Backgrounds.procedural(scenes, plan.backgrounds, BACKGROUND_PX)
        self.groups = sign_groups(self.backgrounds)

    def __len__(self) -> int:
        return self.plan.rounds

    def take(self, rows: Int[Tensor, " m"]) -> tuple[Float[Tensor, "n 3 h w"], Int[Tensor, " n"]]:
        """The views of one round, and the signs in them, on the device of the reader."""
        (index,) = rows.tolist()
        generator = generator_for(self.seed, "sticker-round", index)
        group = placed(self._chosen(generator), self.reader.mean.device)
        half = (len(group.classes) + 1) // 2
        stuck = self.attacked(part(group, slice(0, half)), index, generator)
        faces = torch.cat([stuck, group.faces[half:]])
        condition = training_conditions(self.backgrounds).sample(generator, self.plan.views)
        seen = photograph(group, faces, condition)
        return seen.images, seen.classes

    def attacked(self, group: SignGroup, index: int, generator: torch.Generator) -> Float[Tensor, "t 3 s s"]:
        """The faces with stickers against the reader as it is now: one rectangle, an ink for each face.

        The group must be on the device of the reader.
        """
        plan, (height, width) = self.plan, group.faces.shape[-2:]
        mask = rectangles([self._box(generator)], (height, width)).to(group.faces)
        paint = torch.rand(group.faces.shape, generator=generator).to(group.faces)
        texture = Sticker(group.faces, mask, Pixels(paint))
        optimiser = SteepestDescent(texture.parameters(), Linf(), plan.rate)
        conditions = training_conditions(self.backgrounds)
        stream = Stream(conditions, self.seed, f"sticker-{index}", plan.views)
        with frozen(self.reader, group.faces.new_empty(1, 3, INPUT_PX, INPUT_PX)) as victim:
            problem = Problem(group.scene, ((victim, 1.0),), Evade(group.classes))
            for _ in descend(texture, problem, optimiser, stream, range(plan.steps)):
                pass
        return texture().detach()

    def _chosen(self, generator: torch.Generator) -> SignGroup:
        """Some signs of one scene, in a random order; scenes with many signs come as often as their signs."""
        sizes = torch.tensor([float(len(group.classes)) for group in self.groups])
        number = int(torch.multinomial(sizes, 1, generator=generator))
        order = torch.randperm(int(sizes[number]), generator=generator)
        return part(self.groups[number], order[: self.plan.signs])

    def _box(self, generator: torch.Generator) -> tuple[float, float, float, float]:
        """A rectangle in the middle four fifths of the canvas, at most twice as long as wide."""
        share, shape, x, y = torch.rand(4, generator=generator).tolist()
        low, high = self.plan.area
        area, aspect = low + (high - low) * share, 2.0 ** (2 * shape - 1)
        width, height = (min(0.8, (area * a) ** 0.5) for a in (aspect, 1 / aspect))
        return 0.1 + x * (0.8 - width), 0.1 + y * (0.8 - height), width, height


def placed(group: SignGroup, device: torch.device) -> SignGroup:
    """The signs of a group on a device; its scene follows the faces."""
    return SignGroup(group.classes.to(device), group.faces.to(device), group.scene)


def part(group: SignGroup, rows: slice | Int[Tensor, " m"]) -> SignGroup:
    """These signs of a group."""
    return SignGroup(group.classes[rows], group.faces[rows], group.scene)
