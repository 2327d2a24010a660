"""Numbers as people read them; no number is written in a page in any other way."""

import math
from typing import Any

THIN = "\N{NARROW NO-BREAK SPACE}"


def percent(share: float | None) -> str:
    """A share as a percentage with one decimal, or a dash where there is none."""
    return "–" if share is None else f"{100 * share:.1f}{THIN}%"


def whole_percent(share: float) -> str:
    """A share as a whole percentage; only what is exactly all or nothing reads 100 or 0."""
    rounded = round(100 * share)
    return f"{rounded if share in (0, 1) else min(max(rounded, 1), 99)}{THIN}%"


def points(share: float) -> str:
    """A difference of shares in percentage points, one decimal."""
    return f"{100 * share + 0.0:.1f}".replace("-", "\N{MINUS SIGN}")


def interval(rate: dict[str, Any]) -> str:
    """The bounds of a rate, in percent."""
    return f"{100 * rate['low']:.1f} to {100 * rate['high']:.1f}{THIN}%"


def count(n: int) -> str:
    """A whole number with thin spaces between thousands."""
    return f"{n:,}".replace(",", THIN)


def plural(n: int, word: str) -> str:
    """A number of things."""
    return f"{count(n)} {word}{'' if n == 1 else 's'}"


def p_value(p: float) -> str:
    """A p-value with its sign: = or <."""
    return "< 0.0001" if p < 1e-4 else f"= {p:.4f}"


def number(value: float) -> str:
    """A number of at most four digits, a true minus before it where it is negative."""
    return f"{value:.4g}".replace("-", "\N{MINUS SIGN}")


def extent(low: float, high: float, unit: str = "") -> str:
    """From one number to another, to a hundredth of the way between them; one number where they are equal."""
    if not high > low:
        return number(low) + unit
    finest = 10.0 ** (math.floor(math.log10(high - low)) - 2)
    ends = (number(round(value / finest) * finest + 0.0) for value in (low, high))
    return " to ".join(ends) + unit


FILTERS = {
    "percent": percent,
    "whole_percent": whole_percent,
    "points": points,
    "interval": interval,
    "count": count,
    "plural": plural,
    "p_value": p_value,
    "number": number,
}
