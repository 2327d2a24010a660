"""The errors a user can meet: each is one line that says what was expected, what came and what to do."""

import difflib
from collections.abc import Iterable


class EotError(Exception):
    """Something the user must know about; the command line prints it as one line."""

    exit_code = 3


class InputError(EotError):
    """The input is wrong: a file, an option, a configuration. Exit code 2."""

    exit_code = 2


class RunError(EotError):
    """The input was fine but the run could not finish (disk full, model changed, ...). Exit code 3."""


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint that names the closest known names, or all of them when none is close."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    if close:
        return "did you mean " + " or ".join(repr(c) for c in close) + "?"
    shown = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    return f"known: {shown}"
