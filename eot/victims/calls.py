"""Counting how many images a victim is asked about, without changing it."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from eot.victims.victim import Victim


@dataclass
class Calls:
    """The images so far."""

    images: int = 0


@contextlib.contextmanager
def counted(victim: Victim) -> Iterator[Calls]:
    """Counts every image that goes forward through the victim meanwhile."""
    calls = Calls()

    def count(module: Any, inputs: tuple[Any, ...], output: Any) -> None:
        calls.images += len(inputs[0])

    handle = victim.register_forward_hook(count)
    try:
        yield calls
    finally:
        handle.remove()
