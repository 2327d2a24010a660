"""How far a long piece of work has come: what commands yield, and the command line shows."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Tick:
    """`done` of `total` parts of a phase; `note` is a short figure worth seeing meanwhile."""

    phase: str
    done: int
    total: int
    note: str = ""
