"""The figures of every step as lines of JSON: cheap to add to, and sound after a crash at any byte."""

import json
import os
from pathlib import Path
from typing import Any

from renders.errors import RunError
from textures.write import explained, write_bytes

Record = dict[str, Any]


def append_line(path: Path, record: Record) -> None:
    """Adds one line; a number that is not finite is written as null, which every reader of JSON knows."""
    finite = {key: value if _is_finite(value) else None for key, value in record.items()}
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(finite, allow_nan=False) + "\n")
    except OSError as error:
        raise explained(error, path.parent) from error


def read_lines(path: Path, key: str = "step") -> list[Record]:
    """All whole lines, each with a `key`; a crash may cut off the last. RunError where one is damaged."""
    if not path.is_file():
        return []
    whole = path.read_bytes().split(b"\n")[:-1]
    try:
        records = [json.loads(line) for line in whole]
    except ValueError:
        records = [None]
    if not all(isinstance(record, dict) and key in record for record in records):
        raise RunError(f"{path}: expected a JSON object with a {key} per line: remove other lines")
    return records


def sync(path: Path) -> None:
    """Puts the lines on the disk itself, so that a checkpoint is never ahead of them."""
    if path.is_file():
        with path.open("ab") as file:
            os.fsync(file.fileno())


def drop_lines(path: Path, step: int) -> None:
    """Removes the lines of this step and later ones, and a line that was cut off."""
    if path.is_file():
        kept = [json.dumps(record) + "\n" for record in read_lines(path) if record["step"] < step]
        write_bytes(path, "".join(kept).encode())


def _is_finite(value: Any) -> bool:
    return not isinstance(value, float) or value - value == 0
