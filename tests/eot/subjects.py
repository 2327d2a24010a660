"""What the tests of the check share: a victim on six small images, and a ledger of what fooled it."""

from pathlib import Path

import torch

from eot.check.ledger import Batch, Ledger
from eot.check.subject import Subject, subject_of
from eot.data import Data, Stored
from eot.victims.victim import Victim
from tests.eot.parts import linear
from tests.renders.scenes import noise

CPU = torch.device("cpu")


def data(n: int = 6, classes: int = 3) -> Data:
    levels = (noise(n, 3, 8, 8, seed=2) * 255).byte()
    return Data("some", "test", Stored(levels), torch.arange(n) % classes, tuple("abc"), "0" * 64)


def subject(victim: Victim | None = None) -> Subject:
    return subject_of(victim or linear(), data(), CPU)


def ledger(tmp_path: Path, **fooled: list[int]) -> Ledger:
    found = Ledger(tmp_path / "results.jsonl")
    for name, bits in fooled.items():
        found.add(
            Batch(name.replace("_at_", "@").replace("_", "/"), list(range(len(bits))), bits, [1] * len(bits))
        )
    return found
