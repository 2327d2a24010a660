"""The conditions of a configuration: a range for each, checked against what the quantity may be."""

import math
from collections.abc import Mapping
from typing import Any

from eot.runs.messages import shown
from renders.conditions import QUANTITIES
from renders.errors import InputError, nearest

Range = tuple[float, float]
# Conditions that no one sets: what decides them instead.
RESERVED: Mapping[str, str] = {
    "background": "the backgrounds decide it: set backgrounds.count or backgrounds.folder",
    "environment": "the environment maps decide it: set backgrounds.environments",
    "noise_seed": "the seed decides it: set seed",
}
SETTABLE = {name: quantity for name, quantity in QUANTITIES.items() if name not in RESERVED}


def complete_ranges(given: Any) -> dict[str, Range]:
    """Every condition with its (low, high); those not given stay at their off value.

    Raises:
        InputError: an unknown name, no number, low above high, or a value that the quantity cannot have.
    """
    if not isinstance(given, Mapping):
        raise InputError(f"conditions: expected a table; got {shown(given)}: write a [conditions] section")
    for name in given:
        if name in RESERVED:
            raise InputError(f"conditions.{name} is not a key: {RESERVED[name]}")
        if name not in SETTABLE:
            raise InputError(f"conditions.{name} is not a key: {nearest(name, SETTABLE)}")
    return {
        name: _range(name, given[name]) if name in given else (quantity.off, quantity.off)
        for name, quantity in SETTABLE.items()
    }


def _range(name: str, value: Any) -> Range:
    place, quantity = f"conditions.{name}", QUANTITIES[name]
    pair = value if isinstance(value, list | tuple) else (value, value)
    if len(pair) != 2 or not all(isinstance(end, int | float) and not isinstance(end, bool) for end in pair):
        raise InputError(f"{place}: expected a number or [low, high]; got {shown(value)}: correct it")
    low, high = (float(end) for end in pair)
    if not (math.isfinite(low) and math.isfinite(high)):
        raise InputError(f"{place}: expected a finite number; got {shown(value)}: correct it")
    if low > high:
        raise InputError(f"{place}: expected low <= high; got {shown(value)}: swap them")
    if low < quantity.low or high > quantity.high:
        raise InputError(
            f"{place}: expected values in [{quantity.low:g}, {quantity.high:g}] ({quantity.meaning}); "
            f"got {shown(value)}"
        )
    if quantity.integer and not (low.is_integer() and high.is_integer()):
        raise InputError(f"{place}: expected whole numbers ({quantity.meaning}); got {shown(value)}")
    return low, high
