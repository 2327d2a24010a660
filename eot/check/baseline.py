"""This card against an earlier one, line by line, image by image where both saw the same images."""

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from eot.evidence.statistics import paired_difference, pairs
from renders.errors import InputError


def read_baseline(path: Path) -> dict[str, Any]:
    """An earlier card.json. Raises InputError where the file is something else."""
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
        known = card["kind"] == "eot check" and card["schema"] == 1 and isinstance(card["lines"], list)
    except (OSError, ValueError, KeyError, TypeError):
        known = False
    if not known:
        raise InputError(
            f"--baseline: expected the card.json of an earlier check; {path} is none: check the path"
        )
    return card


def compared(card: dict[str, Any], earlier: dict[str, Any]) -> list[dict[str, Any]]:
    """What changed in each accuracy that both cards have: now minus then, with an interval.

    The same images in the same order give Tango's interval of the paired difference. Other images give none:
    then the change counts as clear where the two intervals are apart.
    """
    same = card["data"]["sha256"] == earlier["data"]["sha256"]
    then = {line["name"]: line for line in earlier["lines"] if "accuracy" in line}
    changes = []
    for line in card["lines"]:
        old = then.get(line["name"])
        if old is None or not line.get("n") or not old["n"] or "accuracy" not in line:
            continue
        changes.append({"name": line["name"], **_change(line, old, same)})
    return changes


def _change(line: dict[str, Any], old: dict[str, Any], same: bool) -> dict[str, Any]:
    now, then = line["accuracy"], old["accuracy"]
    record = {"now": now["value"], "then": then["value"], "change": round(now["value"] - then["value"], 6)}
    if same and line["fooled"] and old["fooled"] and len(line["fooled"]) == len(old["fooled"]):
        gap = paired_difference(pairs(_right(line["fooled"]), _right(old["fooled"])))
        low, high = round(gap.low, 6), round(gap.high, 6)
        return {**record, "low": low, "high": high, "clear": low > 0 or high < 0}
    apart = now["low"] > then["high"] or now["high"] < then["low"]
    return {**record, "low": None, "high": None, "clear": apart}


def _right(bits: str) -> Tensor:
    return torch.tensor([bit == "0" for bit in bits])
