"""A result that is a table: for people on a terminal, or as JSON records."""

from dataclasses import dataclass
from typing import Any

from rich.table import Table

Value = str | int | float | bool | None
# A name to type again is not broken over lines, unless it leaves too little of a terminal for the rest.
NAME_CHARACTERS = 36


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
        for place, column in enumerate(self.columns):
            short = all(len(str(row[place])) <= NAME_CHARACTERS for row in self.rows)
            table.add_column(column.replace("_", " "), overflow="fold", no_wrap=place == 0 and short)
        for row in self.rows:
            table.add_row(*("–" if value is None else str(value) for value in row))
        return table
