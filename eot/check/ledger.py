"""What has been measured so far: a line for each batch of each part, so that a check goes on where it was."""

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from eot.runs.metrics import append_line, drop_lines, read_lines


@dataclass(frozen=True)
class Batch:
    """What came of some rows in one part.

    Args:
        fooled: of the looks at each row, how many went wrong for the victim; a look is an image, or a view.
        looks: how many there were of each.
        size: of the smallest change, where the part looks for it; None = none found.
        calls: images that the victim was asked about.
    """

    part: str
    rows: list[int]
    fooled: list[int]
    looks: list[int]
    size: list[float | None] = field(default_factory=list)
    calls: int = 0
    seconds: float = 0.0


class Ledger:
    """The lines of results.jsonl, in memory too."""

    def __init__(self, path: Path) -> None:
        self.path = path
        drop_lines(path, sys.maxsize)  # a line that a kill has cut off, or the next would be added to it
        self.batches = [
            Batch(**{key: value for key, value in line.items() if key != "step"}) for line in read_lines(path)
        ]

    def add(self, batch: Batch) -> None:
        """Writes one more line."""
        append_line(self.path, {"step": len(self.batches), **asdict(batch)})
        self.batches.append(batch)

    def of(self, part: str) -> list[Batch]:
        """The batches of a part."""
        return [batch for batch in self.batches if batch.part == part]

    def has(self, part: str, rows: Sequence[int]) -> bool:
        """Whether these rows of a part are done."""
        return any(batch.rows == list(rows) for batch in self.of(part))

    def known(self, part: str, n: int) -> tuple[Bool[Tensor, " n"], Bool[Tensor, " n"]]:
        """Of n rows of a part: which were looked at, and which fooled the victim at every look."""
        seen, fooled = torch.zeros(n, dtype=torch.bool), torch.zeros(n, dtype=torch.bool)
        for batch in self.of(part):
            rows = torch.tensor(batch.rows)
            seen[rows] = True
            fooled[rows] = torch.tensor(batch.fooled) == torch.tensor(batch.looks)
        return seen, fooled

    def sizes(self, part: str) -> list[float]:
        """The size of the smallest change of every row; infinite where none was found."""
        return [float("inf") if size is None else size for batch in self.of(part) for size in batch.size]

    @property
    def calls(self) -> int:
        """Images that the victim was asked about, in all."""
        return sum(batch.calls for batch in self.batches)

    @property
    def seconds(self) -> float:
        """Time spent, in all."""
        return sum(batch.seconds for batch in self.batches)


def listed(rows: Int[Tensor, " n"]) -> list[int]:
    """Rows as a line keeps them."""
    return [int(row) for row in rows]
