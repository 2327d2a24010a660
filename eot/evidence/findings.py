"""What a trust check found: a grade, and a sentence that ends in advice when something is wrong."""

from dataclasses import dataclass
from enum import StrEnum


class Grade(StrEnum):
    """How much a finding should worry the reader."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Finding:
    """What one check found, in a sentence or two."""

    name: str
    level: Grade
    text: str


def ok(name: str, text: str) -> Finding:
    """Nothing to worry about."""
    return Finding(name, Grade.OK, text)


def warn(name: str, text: str) -> Finding:
    """The number stands, with a reservation."""
    return Finding(name, Grade.WARN, text)


def fail(name: str, text: str) -> Finding:
    """The number must not be quoted before this is settled."""
    return Finding(name, Grade.FAIL, text)
