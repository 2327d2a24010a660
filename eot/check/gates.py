"""Gates: `pgd@8/255>=0.40` holds only if the whole interval lies on the right side."""

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
    name = match["name"]
    if name not in names:
        raise InputError(f"--gate {text}: the card has no line {name!r}: {nearest(name, names)}")
    return Gate(text.strip(), name, match["sign"] == ">=", fraction(match["bound"]))


def verdict(gate: Gate, card: dict[str, Any]) -> Verdict:
    """What the card says to the gate. What was not measured does not hold."""
    if gate.name == TRUST:
        bad = [check["name"] for check in card["checks"] if check["level"] == "fail"]
        if bad or card["complete"]:
            return Verdict(gate, not bad, f"failed: {', '.join(bad)}" if bad else "no trust check failed")
        return Verdict(gate, False, "the budget ended before all trust checks were made")
    line = next((line for line in card["lines"] if line["name"] == gate.name), None)
    if line is None or not line["n"]:
        return Verdict(gate, False, f"{gate.name} was not measured within the budget")
    figure = line["accuracy"] if line["kind"] != "size" else line["median"]
    low = -1.0 if figure["low"] is None else figure["low"]
    high = float("inf") if figure["high"] is None else figure["high"]
    passed = low >= gate.bound if gate.at_least else high <= gate.bound
    side, end = ("low", low) if gate.at_least else ("high", high)
    what = "accuracy" if line["kind"] != "size" else "median size"
    value = "more than was tried" if figure["value"] is None else f"{figure['value']:.4g}"
    text = f"{what} {value}, {side} end of its {100 * card['level']:g} % interval {end:.4g} (n = {line['n']})"
    return Verdict(gate, passed, text)
