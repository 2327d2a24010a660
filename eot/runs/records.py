"""The evidence of a run as bytes, so that reports and further tables can be made without measuring again."""

import dataclasses
from typing import Any

from eot.evidence.evaluation import Evaluation, Goal, Judge, Seen
from eot.evidence.found import Found
from eot.runs.packing import damaged, pack, unpack
from renders.conditions import QUANTITIES, Condition


def encode_evaluation(evaluation: Evaluation) -> bytes:
    """The evaluation as safetensors; equal evaluations give equal bytes."""
    judges = tuple(_plain(judge) for judge in evaluation.victims)
    seen = {**_plain(evaluation.seen), "condition": _plain(evaluation.seen.condition)}
    seen["found"] = None if evaluation.seen.found is None else _plain(evaluation.seen.found)
    return pack((judges, _plain(evaluation.goal), seen, evaluation.level))


def decode_evaluation(data: bytes, where: str) -> Evaluation:
    """The evaluation in the bytes of `encode_evaluation`. Raises RunError when they are others."""
    try:
        judges, goal, seen, level = unpack(data, where)
        condition = Condition(**{name: seen["condition"][name] for name in QUANTITIES})
        found = None if seen["found"] is None else Found(**seen["found"])
        record = Seen(**{**seen, "condition": condition, "found": found})
        return Evaluation(tuple(Judge(**judge) for judge in judges), Goal(**goal), record, level)
    except (TypeError, ValueError, KeyError) as error:
        raise damaged(where, error) from None


def _plain(value: Any) -> dict[str, Any]:
    """The fields of a dataclass, one level deep."""
    return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
