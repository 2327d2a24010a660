"""What a study leaves: sentences, tables and figures in order, as Markdown with pictures beside it."""

import json
from dataclasses import dataclass
from typing import Any

from eot.evidence.statistics import Rate

Value = str | int | float | None


@dataclass(frozen=True)
class Table:
    """Rows of values under named columns; the columns of a rate carry its interval as text."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]

    def markdown(self) -> str:
        """The table with its title above it."""
        head = "| " + " | ".join(self.columns) + " |"
        rule = "|" + "|".join(" --- " for _ in self.columns) + "|"
        lines = ["| " + " | ".join(_shown(value) for value in row) + " |" for row in self.rows]
        return "\n".join([f"**{self.title}**", "", head, rule, *lines])


@dataclass(frozen=True)
class Figure:
    """A picture file with the sentence that explains it."""

    name: str
    caption: str
    png: bytes


@dataclass(frozen=True)
class Page:
    """A finished study."""

    title: str
    parts: tuple[str | Table | Figure, ...]

    def files(self) -> dict[str, bytes]:
        """`README.md` for people, `numbers.json` for programs, the figures."""
        pictures = {part.name: part.png for part in self.parts if isinstance(part, Figure)}
        numbers = json.dumps(self.numbers(), indent=1, ensure_ascii=False)
        return {"README.md": self.markdown().encode(), "numbers.json": numbers.encode()} | pictures

    def markdown(self) -> str:
        """The page."""
        return "\n\n".join([f"# {self.title}", *(_part(part) for part in self.parts)]) + "\n"

    def numbers(self) -> list[dict[str, Any]]:
        """Every table as records."""
        tables = [part for part in self.parts if isinstance(part, Table)]
        return [
            {"table": t.title, "rows": [dict(zip(t.columns, row, strict=True)) for row in t.rows]}
            for t in tables
        ]


def _part(part: str | Table | Figure) -> str:
    if isinstance(part, Table):
        return part.markdown()
    if isinstance(part, Figure):
        return f"![{part.caption}]({part.name})\n\n*{part.caption}*"
    return part


def _shown(value: Value) -> str:
    if value is None:
        return "–"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def percent(rate: Rate) -> str:
    """A rate with its interval, in percent."""
    if rate.rate is None:
        return "–"
    return f"{100 * rate.rate:.1f} ({100 * rate.low:.1f} – {100 * rate.high:.1f})"
