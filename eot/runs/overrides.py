"""`--set section.key=value`: changes to a configuration, as a table like the one in the file."""

import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from renders.errors import InputError

Raw = dict[str, Any]


def parse_overrides(texts: Sequence[str]) -> Raw:
    """The table that the overrides make; a value that is no TOML is plain text; the last of a key holds.

    Raises:
        InputError: no key, or no equals sign.
    """
    table: Raw = {}
    for text in texts:
        name, equals, value = text.partition("=")
        keys = [key.strip() for key in name.split(".")]
        if not equals or not all(keys):
            raise InputError(f"--set {text}: expected key=value, e.g. optimiser.steps=200")
        nested: Any = _value(value.strip())
        for key in reversed(keys):
            nested = {key: nested}
        table = merge(table, nested)
    return table


def merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> Raw:
    """The table `below` with the keys of `above` put over it; tables in both are merged key by key."""
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            value = merge(old, value)
        merged[key] = value
    return merged


def _value(text: str) -> Any:
    try:
        table = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return text
    # A line break in the text would smuggle in a second key.
    return table["value"] if table.keys() == {"value"} else text
