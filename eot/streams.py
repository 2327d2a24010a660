"""Endless, replayable supplies of views: step i of a stream depends on nothing but seed, name and i."""

import hashlib
from dataclasses import dataclass

import torch

from renders.conditions import Condition, Conditions


def generator_for(seed: int, name: str, index: int = 0) -> torch.Generator:
    """A CPU generator of its own for every (seed, name, index).

    torch keeps 32 bits of a seed: of a million generators a hundred pairs are alike, of one run hardly any.
    """
    digest = hashlib.sha256(f"{seed}/{name}/{index}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))


@dataclass(frozen=True)
class Stream:
    """Batches of k views. The three of a run are named train, select and report."""

    conditions: Conditions
    seed: int
    name: str
    k: int

    def __call__(self, index: int) -> Condition:
        """The views of step `index`."""
        return self.conditions.sample(generator_for(self.seed, self.name, index), self.k)


@dataclass(frozen=True)
class Frozen:
    """The same views at every step: for line searches, and for comparing candidates on equal terms."""

    condition: Condition

    @property
    def k(self) -> int:
        """How many views."""
        return len(self.condition)

    def __call__(self, index: int) -> Condition:
        """The one batch of views, whatever the step."""
        return self.condition
