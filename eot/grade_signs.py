"""How well a sign classifier reads fresh views over unseen backgrounds, with and without stickers."""

from collections import Counter
from collections.abc import Collection, Generator
from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Float, Int
from torch import Tensor

from eot.commands.tick import Tick
from eot.evidence.statistics import Rate, exact
from eot.streams import generator_for
from eot.victims.sign_stickers import Stickers, stickered
from eot.victims.sign_views import graded_conditions, photograph, sign_groups
from eot.victims.victim import Victim
from renders.backgrounds import Backgrounds

BACKGROUND_PX = 256
# Views of a group of signs made at once; each batch wears new stickers.
BATCH = 10
BANDS_M = (3.0, 8.0, 14.0, 20.0, 25.0)


@dataclass(frozen=True)
class Exam:
    """What is asked: `views` of every sign in multiples of 10, over `backgrounds` scenes not trained on."""

    seed: int = 0
    views: int = 400
    backgrounds: int = 128


@dataclass(frozen=True)
class Grades:
    """What each view showed, what the victim read, and from how far."""

    labels: tuple[str, ...]
    shown: Int[Tensor, " n"]
    read: Int[Tensor, " n"]
    distance_m: Float[Tensor, " n"]

    def accuracy(self, rows: Tensor | None = None) -> Rate:
        """Share read right among the views that a mask names (all without one); Clopper-Pearson, 95 %."""
        right = self.read == self.shown
        chosen = right if rows is None else right[rows]
        return exact(int(chosen.sum()), len(chosen))

    def of_sign(self, label: str) -> Rate:
        """The accuracy on one sign."""
        return self.accuracy(self.shown == self.labels.index(label))

    def by_distance(self) -> list[tuple[float, float, Rate]]:
        """The accuracy in each band of distances: from, to (metres), rate."""
        last, d = BANDS_M[-1], self.distance_m
        return [(a, b, self.accuracy((d >= a) & ((d < b) | (b == last)))) for a, b in pairwise(BANDS_M)]

    def confusions(self, most: int = 8) -> list[tuple[str, str, int]]:
        """The commonest mistakes: shown, read, how often."""
        wrong = self.read != self.shown
        pairs = Counter(zip(self.shown[wrong].tolist(), self.read[wrong].tolist(), strict=True))
        return [(self.labels[a], self.labels[b], count) for (a, b), count in pairs.most_common(most)]


@torch.no_grad()
def gauge(
    victim: Victim, exam: Exam, stickers: Stickers | None = None, signs: Collection[str] | None = None
) -> Generator[Tick, None, Grades]:
    """What the victim makes of fresh graded views of the signs (all without a choice), stickers on if given.

    The same exam shows every victim the same views. Its streams are shared with nothing that is trained on.
    """
    device = victim.mean.device
    scenes = generator_for(exam.seed, "sign-exam-backgrounds")
    backgrounds = Backgrounds.procedural(scenes, exam.backgrounds, BACKGROUND_PX)
    conditions, groups = graded_conditions(backgrounds), sign_groups(backgrounds, signs)
    shown, read, distance_m = [], [], []
    batches = max(1, exam.views // BATCH)
    phase = "grade" if stickers is None else "stickers"
    for index in range(batches):
        yield Tick(phase, index, batches)
        generator = generator_for(exam.seed, "sign-exam-views", index)
        for group in groups:
            condition = conditions.sample(generator, BATCH)
            faces = group.faces if stickers is None else stickered(group.faces, stickers, generator)
            seen = photograph(group, faces, condition)
            shown.append(seen.classes)
            read.append(victim(seen.images.to(device)).argmax(1).cpu())
            distance_m.append(seen.condition.distance_m)
    yield Tick(phase, batches, batches)
    return Grades(victim.info.labels, torch.cat(shown), torch.cat(read), torch.cat(distance_m))
