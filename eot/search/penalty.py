"""The largest weight of a penalty at which an attack still works: the least visible texture that does it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

# How far apart the weights are until one holds and one does not.
STRIDE = 4.0


@dataclass(frozen=True)
class Tried:
    """One attack with this weight, and its success on the select stream."""

    weight: float
    success: float


def next_weight(tried: Sequence[Tried], first: float, hold: float) -> float:
    """The weight to try after these: by strides until the largest that holds is bracketed, then halving.

    Halving on a logarithmic scale, since weights matter by their ratio. Athalye et al. 2018 search λ too;
    they do not say how.

    Args:
        hold: share of the select views that must reach the goal.
    """
    if not tried:
        return first
    held = [attempt.weight for attempt in tried if attempt.success >= hold]
    failed = [attempt.weight for attempt in tried if attempt.success < hold]
    if not failed:
        return max(held) * STRIDE
    if not held:
        return min(failed) / STRIDE
    return math.sqrt(max(held) * min(failed))


def strongest(tried: Sequence[Tried], hold: float) -> int:
    """The place of the largest weight that holds; where none does, of the most successful one."""
    held = [number for number, attempt in enumerate(tried) if attempt.success >= hold]
    if held:
        return max(held, key=lambda number: tried[number].weight)
    return max(range(len(tried)), key=lambda number: (tried[number].success, -tried[number].weight))
