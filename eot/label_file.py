"""Class names from a text file, for models and data alike."""

from pathlib import Path

from renders.errors import InputError


def read_labels(file: str) -> tuple[str, ...]:
    """The names in a text file, one a line; empty lines are left out.

    Raises InputError where it is no text in UTF-8 or cannot be read.
    """
    try:
        lines = Path(file).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"labels must be a text file, one name a line; {file} cannot be read: check path and encoding"
        ) from error
    return tuple(line.strip() for line in lines if line.strip())
