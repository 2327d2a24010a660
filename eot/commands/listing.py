"""A result that is a table: for people on a terminal, or as JSON records."""

from dataclasses import dataclass
from typing import Any

from rich.table import Table

Value = str | int | float | bool | None


@dataclass(frozen=True)
class Listing:
    """Rows of values under named columns."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]

    def record(self) -> list[dict[str, Any]]:
        """One object per row."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]

    def table(self) -> Table:
        """The table to print."""
        table = Table(title=self.title, title_justify="left", box=None, pad_edge=False)
        for column in self.columns:
            table.add_column(column.replace("_", " "), overflow="fold")
        for row in self.rows:
            table.add_row(*("–" if value is None else str(value) for value in row))
        return table
