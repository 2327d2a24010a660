"""Progress with an estimate of the time left: bars on a terminal, a line every tenth elsewhere."""

import time
from types import TracebackType
from typing import TextIO

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from eot.commands.tick import Tick


class Bars:
    """One bar per phase. A context manager, because a terminal must be put back in order."""

    def __init__(self, stream: TextIO) -> None:
        self.console = Console(file=stream)
        columns = (
            TextColumn("{task.description:<10}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
        )
        self.progress = Progress(*columns, console=self.console)
        self.tasks: dict[str, TaskID] = {}
        self.started: dict[str, float] = {}
        self.tenths: dict[str, int] = {}

    def __enter__(self) -> "Bars":
        if self.console.is_terminal:
            self.progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.console.is_terminal:
            self.progress.stop()

    def show(self, tick: Tick) -> None:
        """Brings the bar of this phase up to date."""
        if not self.console.is_terminal:
            self._line(tick)
            return
        if tick.phase not in self.tasks:
            self.tasks[tick.phase] = self.progress.add_task(tick.phase, total=tick.total, note="")
        self.progress.update(self.tasks[tick.phase], completed=tick.done, total=tick.total, note=tick.note)

    def _line(self, tick: Tick) -> None:
        now = time.monotonic()
        began = self.started.setdefault(tick.phase, now)
        tenth = 10 * tick.done // max(tick.total, 1)
        if tenth == self.tenths.get(tick.phase, 0):
            return
        self.tenths[tick.phase] = tenth
        left = (now - began) * (tick.total - tick.done) / max(tick.done, 1)
        line = f"{tick.phase}: {tick.done}/{tick.total}, about {left:.0f} s left  {tick.note}"
        self.console.print(line.rstrip(), highlight=False, soft_wrap=True)
