"""What the benchmarks share: CPU time in interleaved rounds, a table of figures with their targets."""

import sys
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TypeVar

from eot.commands.tick import Tick

Result = TypeVar("Result")


@dataclass(frozen=True)
class Figure:
    """A measured value; `bound` is the target, which it must not exceed, or must reach if `at_least`."""

    name: str
    value: float
    unit: str = ""
    bound: float | None = None
    at_least: bool = False

    @property
    def met(self) -> bool:
        """Whether the target is met; a figure without a target always is."""
        if self.bound is None:
            return True
        return self.value >= self.bound if self.at_least else self.value <= self.bound


def cpu_s(
    calls: Mapping[str, Callable[[], object]], rounds: int, *, settled: bool = False
) -> dict[str, float]:
    """Median CPU seconds of each call.

    Every round goes through all calls in turn, so what slows the machine down slows all of them; CPU time
    leaves out waiting for other programs. One round more warms up. `settled` makes every call twice and
    times the second, which does not fetch the memory again that the call before it has given back.
    """
    times: dict[str, list[float]] = {name: [] for name in calls}
    for number in range(rounds + 1):
        for name, call in calls.items():
            if settled:
                call()
            start = time.process_time()
            call()
            if number:
                times[name].append(time.process_time() - start)
    return {name: median(seconds) for name, seconds in times.items()}


def peak_mb() -> float:
    """The peak memory of this process, MB (Linux). `ru_maxrss` would begin with the peak of its parent."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise OSError("expected VmHWM in /proc/self/status; this system does not say it")


def show(title: str, figures: list[Figure]) -> None:
    """Prints the table."""
    print(f"\n{title}")
    for figure in figures:
        target = ""
        if figure.bound is not None:
            sign = ">=" if figure.at_least else "<="
            target = f"target {sign} {figure.bound:<6.3g} {'met' if figure.met else 'MISSED'}"
        print(f"  {figure.name:58s} {figure.value:8.2f} {figure.unit:6s} {target}".rstrip(), flush=True)


def finish(work: Generator[Tick, None, Result]) -> Result:
    """What the work returns; where it stands goes to stderr."""
    while True:
        try:
            tick = next(work)
        except StopIteration as stop:
            return stop.value
        print(f"{tick.phase} {tick.done}/{tick.total}", file=sys.stderr)
