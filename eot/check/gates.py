"""Gates: `pgd@8/255>=0.40` holds only if the whole interval lies on the right side."""

import math
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from eot.check.plan import fraction
from renders.errors import InputError, nearest

FORM = re.compile(r"^\s*(?P<name>[^<>=]+?)\s*(?P<sign>>=|<=)\s*(?P<bound>[^<>=]+?)\s*$")
TRUST = "trust"


@dataclass(frozen=True)
class Gate:
    """A line of the card, `>=` or `<=`, and a bound; or the trust checks, none of which may fail."""

    text: str
    name: str
    at_least: bool = True
    bound: float = 0.0


@dataclass(frozen=True)
class Verdict:
    """Whether a gate holds, and why, in a sentence."""

    gate: Gate
    passed: bool
    text: str


def gate_of(text: str, names: Collection[str]) -> Gate:
    """The gate that is written. Raises InputError for other forms and for lines the card will not have."""
    if text.strip() == TRUST:
        return Gate(text, TRUST)
    match = FORM.match(text)
    if match is None:
        raise InputError(f"--gate: expected NAME>=NUMBER, NAME<=NUMBER or trust; got {text!r}: correct it")
    name = _line_named(match["name"], names)
    if name is None:
        missing = match["name"]
        raise InputError(f"--gate {text}: the card has no line {missing!r}: {nearest(missing, names)}")
    return Gate(text.strip(), name, match["sign"] == ">=", fraction(match["bound"]))


def _line_named(name: str, names: Collection[str]) -> str | None:
    """The line of this name, or the one of the same kind whose radius is the same number: 51/255 and 0.2."""
    if name in names:
        return name
    kind, _, radius = name.rpartition("@")
    alike = [each for each in names if kind and each.rpartition("@")[0] == kind]
    return next((each for each in alike if _equal(radius, each.rpartition("@")[2])), None)


def _equal(radius: str, other: str) -> bool:
    try:
        # Lines are named with six digits.
        return math.isclose(fraction(radius), fraction(other), rel_tol=1e-5)
    except InputError:  # no number, as 5%
        return False


def verdict(gate: Gate, card: dict[str, Any]) -> Verdict:
    """What the card says to the gate. What was not measured, or not to the end, does not hold."""
    if gate.name == TRUST:
        return _trust(gate, card)
    line = next((line for line in card["lines"] if line["name"] == gate.name), None)
    reason = _unmeasured(gate.name, line)
    if line is None or reason:
        return Verdict(gate, False, reason)
    size = line["kind"] == "size"
    figure = line["median"] if size else line["accuracy"]
    # Of a size None is more than was tried.
    end = figure["low" if gate.at_least else "high"]
    value, end = (math.inf if each is None else each for each in (figure["value"], end))
    side, what = "low" if gate.at_least else "high", "median size" if size else "accuracy"
    text = f"{what} {_written(value)}, {side} end of its {100 * card['level']:g} % interval {_written(end)}"
    text = f"{text} (n = {line['n']})"
    tried = line.get("tried")
    if end == math.inf and gate.at_least and tried is not None and gate.bound > tried * (1 + 1e-9):
        return Verdict(gate, False, f"{text}: nothing above {tried:.4g} was tried, use a larger --eps")
    return Verdict(gate, end >= gate.bound if gate.at_least else end <= gate.bound, text)


def _trust(gate: Gate, card: dict[str, Any]) -> Verdict:
    bad = [check["name"] for check in card["checks"] if check["level"] == "fail"]
    if bad or card["complete"]:
        return Verdict(gate, not bad, f"failed: {', '.join(bad)}" if bad else "no trust check failed")
    return Verdict(gate, False, "the budget ended before all trust checks were made")


def _unmeasured(name: str, line: dict[str, Any] | None) -> str:
    """Why a line cannot be judged; empty where it can."""
    if line is not None and line["complete"] and not line["n"]:
        return f"{name} has no image that is read right as it is"
    if line is None or not line["n"]:
        return f"{name} was not measured within the budget"
    if not line["complete"]:
        return (
            f"the budget ended within {name}, after n = {line['n']}: a gate needs all of it, --resume goes on"
        )
    return ""


def _written(value: float) -> str:
    return f"{value:.4g}" if math.isfinite(value) else "more than was tried"
