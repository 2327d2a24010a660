"""What the victims said about every article on the same views, and the rates that follow from it."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from eot.evidence.found import Found
from eot.evidence.statistics import LEVEL, Rate, clustered, rate_of
from renders.conditions import Condition

ATTACK, CLEAN, NOISE, BLANK = "attack", "clean", "noise", "blank"
CONTROLS = (CLEAN, NOISE, BLANK)


@dataclass(frozen=True)
class Judge:
    """One victim as the evidence names it."""

    name: str
    fingerprint: str
    labels: tuple[str, ...]

    def label(self, index: int) -> str:
        """The name of a class."""
        return self.labels[index] if 0 <= index < len(self.labels) else f"class {index}"


@dataclass(frozen=True)
class Goal:
    """What the attack wanted, in words; the class to reach and the true class where there is just one."""

    text: str
    target: int | None
    label: int | None


@dataclass(frozen=True)
class Seen:
    """The record of n views: m victims judging a articles under the same conditions.

    Args:
        face: which face of the article each view shows; 0 where it has one.
        label: the true class per view, -1 where it is not known.
        found: what detectors found, and where the objects are; None for classifiers.
    """

    articles: tuple[str, ...]
    condition: Condition
    face: Int[Tensor, " n"]
    label: Int[Tensor, " n"]
    predicted: Int[Tensor, "m a n"]
    confidence: Float[Tensor, "m a n"]
    success: Bool[Tensor, "m a n"]
    found: Found | None = None

    def __len__(self) -> int:
        return len(self.face)


@dataclass(frozen=True)
class Rates:
    """How often one article did what, each with its interval.

    Args:
        target: the objective reached, over the counted views.
        raw: the objective reached, over all views.
        broken: not recognised, over the counted views.
        recognised: read as its true class, over all views; nothing is counted where that is not known.
    """

    target: Rate
    raw: Rate
    broken: Rate
    recognised: Rate


@dataclass(frozen=True)
class Evaluation:
    """Evidence about articles on the same views. `victim=None` means every victim at once.

    Law: only views on which the clean article was recognised count, so a view no victim could read is never
    credited to the attack. Where the true class is not known, views that the clean article already wins are
    left out instead, and an article is broken when it is not read as the clean one is.
    """

    victims: tuple[Judge, ...]
    goal: Goal
    seen: Seen
    level: float = LEVEL

    @property
    def articles(self) -> tuple[str, ...]:
        """The articles that were photographed."""
        return self.seen.articles

    @property
    def denominator(self) -> str:
        """Which views count, in words."""
        if self.has_label:
            return "views on which the clean article was recognised"
        return "views on which the clean article does not reach the goal by itself"

    @property
    def has_label(self) -> bool:
        """Whether the true class of the clean article is known."""
        return bool((self.seen.label >= 0).all())

    def counted(self, victim: int | None = None) -> Bool[Tensor, " n"]:
        """The views that count."""
        row = self.articles.index(CLEAN)
        each = self._recognised()[:, row] if self.has_label else ~self.seen.success[:, row]
        return _all_or_one(each, victim)

    def reached(self, article: str, victim: int | None = None) -> Bool[Tensor, " n"]:
        """The views on which an article reached the objective (None: with every victim at once)."""
        return _all_or_one(self.seen.success[:, self.articles.index(article)], victim)

    def recognised(self, article: str, victim: int | None = None) -> Bool[Tensor, " n"]:
        """The views on which an article is read as what it is (None: by every victim)."""
        return _all_or_one(self._recognised()[:, self.articles.index(article)], victim)

    def broken(self, article: str, victim: int | None = None) -> Bool[Tensor, " n"]:
        """The views on which an article is not read as what it is (None: by no victim)."""
        return _all_or_one(~self._recognised()[:, self.articles.index(article)], victim)

    def _recognised(self) -> Bool[Tensor, "m a n"]:
        clean = self.articles.index(CLEAN)
        truth = self.seen.label if self.has_label else self.seen.predicted[:, clean : clean + 1]
        return self.seen.predicted == truth

    def rates(self, article: str, victim: int | None = None) -> Rates:
        """All rates of one article; with nothing counted for an article that was not photographed."""
        nothing = rate_of(torch.zeros(0, dtype=torch.bool), self.level)
        if article not in self.articles:
            return Rates(nothing, nothing, nothing, nothing)
        counted, reached = self.counted(victim), self.reached(article, victim)
        return Rates(
            target=rate_of(reached[counted], self.level),
            raw=rate_of(reached, self.level),
            broken=rate_of(self.broken(article, victim)[counted], self.level),
            recognised=rate_of(self.recognised(article, victim), self.level) if self.has_label else nothing,
        )

    def by_scene(self, article: str = ATTACK, victim: int | None = None) -> tuple[Rate, int] | None:
        """An article's rate with an interval over scenes, and their number; None where no scene repeats.

        A scene is one face before one background. Views of one scene resemble each other, so this interval
        is the one to quote for scenes that were not tried.
        """
        counted = self.counted(victim)
        scene = torch.stack([self.seen.face, self.seen.condition.background.cpu()])[:, counted]
        _, which = scene.unique(dim=1, return_inverse=True)
        sizes = which.bincount()
        if not 2 <= len(sizes) <= len(which) // 2:
            return None
        wins = which.bincount(self.reached(article, victim)[counted].double(), minlength=len(sizes))
        return clustered([int(w) for w in wins], [int(s) for s in sizes], self.level), len(sizes)


def _all_or_one(each: Bool[Tensor, "m n"], victim: int | None) -> Bool[Tensor, " n"]:
    return each.all(0) if victim is None else each[victim]
