"""Views of signs whose stickers are optimised against the very network that learns from them.

Adversarial training as in Madry et al. 2018, with the inner problem of an article in the world: the
expected loss of a sticker over views (Athalye et al. 2018, eq. 2; Eykholt et al. 2018, eq. 2).
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
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
    Labelled,
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
        signs: in a round, any of the catalogue's, half of them with a sticker.
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
        self.conditions = training_conditions(self.backgrounds)

    def __len__(self) -> int:
        return self.plan.rounds

    def take(self, rows: Int[Tensor, " m"]) -> tuple[Float[Tensor, "n 3 h w"], Int[Tensor, " n"]]:
        """The views of one round, and the signs in them, on the device of the reader."""
        (index,) = rows.tolist()
        generator = generator_for(self.seed, "sticker-round", index)
        sizes = [len(group.classes) for group in self.groups]
        chosen = torch.randperm(sum(sizes), generator=generator)[: self.plan.signs]
        stuck = torch.zeros(sum(sizes), dtype=torch.bool)
        stuck[chosen[: (len(chosen) + 1) // 2]] = True
        there = torch.zeros_like(stuck)
        there[chosen] = True
        seen = []
        for number, (group, mine, some) in enumerate(
            zip(self.groups, there.split(sizes), stuck.split(sizes), strict=True)
        ):
            if bool(mine.any()):
                shown = placed(part(group, mine), self.reader.mean.device)
                seen.append(self._seen(shown, some[mine], f"{index}-{number}", generator))
        return torch.cat([each.images for each in seen]), torch.cat([each.classes for each in seen])

    def _seen(
        self, group: SignGroup, stuck: Bool[Tensor, " t"], name: str, generator: torch.Generator
    ) -> Labelled:
        """Fresh views of the signs, of those marked with stickers on."""
        faces = group.faces.clone()
        if bool(stuck.any()):
            faces[stuck] = self.attacked(part(group, stuck), name, generator)
        return photograph(group, faces, self.conditions.sample(generator, self.plan.views))

    def attacked(self, group: SignGroup, name: str, generator: torch.Generator) -> Float[Tensor, "t 3 s s"]:
        """The faces with stickers against the reader as it is now: one rectangle, an ink for each face.

        The group must be on the device of the reader; `name` tells its views from those of other attacks.
        """
        plan, (height, width) = self.plan, group.faces.shape[-2:]
        mask = rectangles([self._box(generator)], (height, width)).to(group.faces)
        paint = torch.rand(group.faces.shape, generator=generator).to(group.faces)
        texture = Sticker(group.faces, mask, Pixels(paint))
        optimiser = SteepestDescent(texture.parameters(), Linf(), plan.rate)
        stream = Stream(self.conditions, self.seed, f"sticker-{name}", plan.views)
        with frozen(self.reader, group.faces.new_empty(1, 3, INPUT_PX, INPUT_PX)) as victim:
            problem = Problem(group.scene, ((victim, 1.0),), Evade(group.classes))
            for _ in descend(texture, problem, optimiser, stream, range(plan.steps)):
                pass
        return texture().detach()

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


def part(group: SignGroup, rows: slice | Bool[Tensor, " t"]) -> SignGroup:
    """These signs of a group."""
    return SignGroup(group.classes[rows], group.faces[rows], group.scene)
