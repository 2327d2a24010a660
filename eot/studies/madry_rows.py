"""The rows of Madry et al.'s tables: attacks made on a source, judged on the target in float32."""

import copy
import json
from collections.abc import Generator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from eot.attack import Attack
from eot.commands.tick import Tick
from eot.data import Data
from eot.harden.train import Reader
from eot.loop import Step
from eot.objectives import Evade, Targeted, margin
from eot.recipes import fgsm, pgd
from eot.search.each import best_of_each, never
from eot.search.found import fooled
from eot.search.restarts import starts
from eot.streams import generator_for
from eot.victims import Victim
from textures.norms import norm_named
from textures.write import write_bytes

BATCH = 200


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Args:
        kind: `natural`, `fgsm`, `pgd`, `targeted` (towards a random other class) or `margin` (C&W's loss
            with `kappa`, by PGD).
        source: of the gradients: `A` is the target itself.
        paper: the accuracy in the paper, percent; None where it gives none.
    """

    name: str
    kind: str
    source: str
    steps: int
    restarts: int
    paper: float | None
    kappa: float = 0.0


@dataclass(frozen=True)
class Ball:
    """How far an image may be moved, and the length of a step."""

    eps: float
    rate: float
    norm: str = "linf"


@dataclass(frozen=True)
class Exam:
    """What all rows share: the target, the images in order, the ball, the seed of starts and targets."""

    target: Victim
    data: Data
    ball: Ball
    seed: int

    def survivors(
        self,
        row: Row,
        source: Victim,
        cache: Path | None = None,
        spared: Bool[Tensor, " n"] | None = None,
    ) -> Generator[Tick, None, Bool[Tensor, " n"]]:
        """Which images are read right by the target whatever the row did to them.

        Args:
            cache: keeps the verdicts batch by batch, so that a table of hours can be gone on with.
            spared: images known to survive, which are not attacked.
        """
        key, known, fast = self._key(row, source), _read(cache), in_bfloat16(source)
        verdicts = known.setdefault(key, [])
        for first in range(len(verdicts), len(self.data), BATCH):
            rows = torch.arange(first, min(first + BATCH, len(self.data)))
            safe = torch.zeros(len(rows), dtype=torch.bool) if spared is None else spared[rows]
            verdicts += self._batch(row, fast, rows, safe).int().tolist()
            if cache is not None:
                write_bytes(cache, json.dumps(known).encode())
            yield Tick(f"{row.name} {row.source}", len(verdicts), len(self.data))
        return torch.tensor(verdicts).bool()

    def _key(self, row: Row, source: Victim) -> str:
        hashes = [v.info.weights_sha256[:16] for v in (self.target, source)]
        return json.dumps([asdict(row), asdict(self.ball), hashes, self.data.sha256[:16], self.seed])

    def _batch(
        self,
        row: Row,
        source: Victim,
        numbers: Int[Tensor, " n"],
        safe: Bool[Tensor, " n"],
    ) -> Bool[Tensor, " n"]:
        """Whoever is misread, clean or after any restart, is not attacked again."""
        device = self.target.mean.device
        images, labels, numbers, safe = (
            part.to(device) for part in (*self.data.take(numbers), numbers, safe)
        )
        right = reads(self.target, images) == labels
        for restart in range(row.restarts if row.kind != "natural" else 0):
            left = (right & ~safe).nonzero()[:, 0]
            if not len(left):
                break
            attack = self._attack(row, source, images[left], labels[left], numbers[left], restart)
            fallen = Fallen(self.target, labels[left])
            changed = best_of_each(attack, fallen if row.source == "A" else never).image
            right[left] = (reads(self.target, changed) == labels[left]) & ~fallen.lost
        return right

    def _attack(
        self, row: Row, source: Victim, images: Tensor, labels: Tensor, numbers: Tensor, restart: int
    ) -> Attack:
        ball, norm = self.ball, norm_named(self.ball.norm)
        objective: Evade | Targeted = Evade(labels)
        if row.kind == "fgsm":
            return fgsm(images, source, objective, eps=ball.eps, norm=norm)
        if row.kind == "targeted":
            objective = Targeted(self._targets(labels, numbers))
        elif row.kind == "margin":
            objective = Evade(labels, margin, row.kappa)
        generators = starts(self.seed, f"madry-{restart}", numbers.tolist())
        return pgd(
            images,
            source,
            objective,
            eps=ball.eps,
            rate=ball.rate,
            steps=row.steps,
            norm=norm,
            generator=generators,
        )

    def _targets(self, labels: Tensor, numbers: Tensor) -> Int[Tensor, " n"]:
        """A random other class for each image, by its number."""
        count = len(self.data.classes)
        every = torch.randint(1, count, (len(self.data),), generator=generator_for(self.seed, "targets"))
        return (labels + every[numbers.cpu()].to(labels)) % count


class Fallen:
    """Which images have been misread by the target at any iterate, as the target itself reads in float32.

    It is asked only about iterates that the source, whose sums may be rougher, misreads.
    """

    def __init__(self, target: Victim, labels: Int[Tensor, " n"]) -> None:
        self.target, self.labels = target, labels
        self.lost = torch.zeros_like(labels, dtype=torch.bool)

    def __call__(self, step: Step, rows: Int[Tensor, " t"]) -> Bool[Tensor, " t"]:
        """Who is lost at this step."""
        now = fooled(step.outcome)
        if bool(now.any()):
            now[now.clone()] = reads(self.target, step.image[now]) != self.labels[rows[now]]
        self.lost[rows] |= now
        return now


def in_bfloat16(victim: Victim) -> Victim:
    """The victim with its inner sums in bfloat16, where that is cheaper. Verdicts are never taken from it."""
    reader = Reader(copy.deepcopy(victim.module), victim.info.mean, victim.info.std)
    # The reader normalises: what is around it must not do so again.
    info = replace(victim.info, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
    return Victim(reader, info).to(victim.mean.device)


@torch.no_grad()
def reads(victim: Victim, images: Float[Tensor, "n c h w"]) -> Int[Tensor, " n"]:
    """The class read in each image, in float32."""
    return victim(images.expand(-1, 3, -1, -1)).argmax(1)


def _read(cache: Path | None) -> dict[str, list[int]]:
    return json.loads(cache.read_text(encoding="utf-8")) if cache is not None and cache.is_file() else {}
