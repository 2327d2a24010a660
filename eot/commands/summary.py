"""What a run came to, in a few lines: the rates of report.json and where the files are."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from renders.errors import RunError


@dataclass(frozen=True)
class Summary:
    """The content of a report.json and the folder it lies in; `notes` are worth a line on the terminal."""

    folder: Path
    report: dict[str, Any]
    notes: tuple[str, ...] = ()

    @property
    def high(self) -> float:
        """The upper bound of the success rate."""
        return float(self.report["success"]["high"])

    def record(self) -> dict[str, Any]:
        """For JSON."""
        return {"run": str(self.folder), **self.report}

    def table(self) -> Group:
        """For people."""
        table = Table(box=None, pad_edge=False)
        for column in ("article", "reaches the goal", "interval", "views", "not recognised", "recognised"):
            table.add_column(column)
        level = f"{100 * self.report['level']:g} %"
        for name in ("attack", *self.report["controls"]):
            rates = self.report["attack"] if name == "attack" else self.report["controls"][name]
            goal = rates["target"]
            bounds = f"{100 * goal['low']:.1f} to {100 * goal['high']:.1f} %" if goal["n"] else "–"
            figures = (_share(goal), bounds, str(goal["n"]), _share(rates["broken"]))
            table.add_row(name, *figures, _share(rates["recognised"]))
        victims = ", ".join(victim["name"] for victim in self.report["victims"])
        worried = [check for check in self.report["checks"] if check["level"] != "ok"]
        lines = [f"{level} intervals on {self.report['denominator']}; victims: {victims}"]
        lines += [f"{check['level'].upper()} {check['name']}: {check['text']}" for check in worried]
        lines += [*self.notes, f"report: {self.folder / 'report.html'}"]
        return Group(table, *(Text(line) for line in lines))


def read_summary(folder: Path, notes: tuple[str, ...] = ()) -> Summary:
    """The summary of a report that was written earlier."""
    path = folder / "report.json"
    try:
        return Summary(folder, json.loads(path.read_text(encoding="utf-8")), notes)
    except (OSError, ValueError) as error:
        raise RunError(f"{path}: expected the report of a run; {error}") from None


def _share(rate: dict[str, Any]) -> str:
    return "–" if rate["rate"] is None else f"{100 * rate['rate']:.1f} %"
