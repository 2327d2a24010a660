"""report.json: the evidence for programs, strict JSON whose bytes depend on inputs only."""

import json
from typing import Any

from eot.evidence.cells import Cell, Cells
from eot.evidence.evaluation import ATTACK, BLANK, CLEAN, NOISE, Evaluation, Rates
from eot.evidence.statistics import Rate, mcnemar_mid_p, paired_difference, pairs
from eot.report.contents import Contents
from eot.report.detection import detection_record
from eot.report.limits import limits
from renders.conditions import QUANTITIES

SCHEMA = 1
READINGS = 10


def json_report(contents: Contents) -> bytes:
    """The bytes of report.json."""
    record = report_record(contents)
    return (json.dumps(record, indent=2, allow_nan=False, ensure_ascii=False) + "\n").encode()


def report_record(contents: Contents) -> dict[str, Any]:
    """What report.json holds, as plain values; the HTML page reads its numbers from here too."""
    evaluation, origin = contents.evaluation, contents.origin
    attack = evaluation.rates(ATTACK)
    scenes = evaluation.by_scene()
    return {
        "schema": SCHEMA,
        "name": contents.title,
        "article_id": contents.article.identifier if contents.article else None,
        "objective": _goal(evaluation),
        "success": _rate(attack.target),
        "attack": _rates(attack),
        "controls": {
            CLEAN: _clean(evaluation),
            **{name: _rates(evaluation.rates(name)) for name in (NOISE, BLANK)},
        },
        "ahead_of_noise": _ahead(evaluation),
        "over_scenes": None if scenes is None else {**_rate(scenes[0]), "scenes": scenes[1]},
        "denominator": evaluation.denominator,
        "views": len(evaluation.seen),
        "counted": int(evaluation.counted().sum()),
        "level": evaluation.level,
        "interval": "Wilson",
        "read_as": _readings(evaluation),
        "detection": detection_record(evaluation),
        "victims": [_victim(evaluation, i) for i in range(len(evaluation.victims))],
        "cells": [_cell(cell, contents.cells) for cell in contents.cells.cells],
        "checks": [{"name": f.name, "level": f.level.value, "text": f.text} for f in contents.findings],
        "limits": limits(evaluation, contents.cells),
        "conditions": _conditions(evaluation),
        "seed": origin.seed,
        "command": origin.command,
    }


def _rate(rate: Rate) -> dict[str, Any]:
    shown = None if rate.rate is None else _rounded(rate.rate)
    return {"rate": shown, "low": _rounded(rate.low), "high": _rounded(rate.high), "n": rate.n}


def _rates(rates: Rates) -> dict[str, Any]:
    """The rate of reaching the goal itself, and all rates of an article below it."""
    return {**_rate(rates.target), "measures": "goal reached, counted views", **_all_rates(rates)}


def _clean(evaluation: Evaluation) -> dict[str, Any]:
    """The clean article. On the counted views it never reaches the goal, so what it is measured by is
    how often it is recognised; where its class is not known, how often it reaches the goal by itself."""
    rates = evaluation.rates(CLEAN)
    if evaluation.has_label:
        return {**_rate(rates.recognised), "measures": "recognised, all views", **_all_rates(rates)}
    return {**_rate(rates.raw), "measures": "goal reached, all views", **_all_rates(rates)}


def _all_rates(rates: Rates) -> dict[str, Any]:
    return {
        "target": _rate(rates.target),
        "all_views": _rate(rates.raw),
        "broken": _rate(rates.broken),
        "recognised": _rate(rates.recognised),
    }


def _goal(evaluation: Evaluation) -> dict[str, Any]:
    goal, judge = evaluation.goal, evaluation.victims[0]
    return {
        "text": goal.text,
        "target": None if goal.target is None else {"index": goal.target, "label": judge.label(goal.target)},
        "label": None if goal.label is None else {"index": goal.label, "label": judge.label(goal.label)},
    }


def _ahead(evaluation: Evaluation) -> dict[str, Any] | None:
    """The attack's rate minus that of the noise article, view by view."""
    if NOISE not in evaluation.articles:
        return None
    counted = evaluation.counted()
    counts = pairs(evaluation.reached(ATTACK)[counted], evaluation.reached(NOISE)[counted])
    ahead = paired_difference(counts, evaluation.level)
    return {
        "difference": None if ahead.value is None else _rounded(ahead.value),
        "low": _rounded(ahead.low),
        "high": _rounded(ahead.high),
        "n": ahead.n,
        "mcnemar_mid_p": mcnemar_mid_p(counts),
    }


def _readings(evaluation: Evaluation) -> list[dict[str, Any]]:
    """What the first victim read in the attacked article on the counted views, most frequent first."""
    row = evaluation.articles.index(ATTACK)
    counts = evaluation.seen.predicted[0, row, evaluation.counted()].bincount()
    order = counts.argsort(descending=True, stable=True)[:READINGS].tolist()
    judge = evaluation.victims[0]
    return [{"label": judge.label(c), "index": c, "views": int(counts[c])} for c in order if counts[c] > 0]


def _victim(evaluation: Evaluation, index: int) -> dict[str, Any]:
    judge = evaluation.victims[index]
    return {
        "name": judge.name,
        "fingerprint": judge.fingerprint,
        "success": _rate(evaluation.rates(ATTACK, index).target),
        "noise": _rate(evaluation.rates(NOISE, index).target),
        "clean_recognised": _rate(evaluation.rates(CLEAN, index).recognised),
    }


def _cell(cell: Cell, table: Cells) -> dict[str, Any]:
    return {
        table.down.field: list(cell.down),
        table.across.field: list(cell.across),
        **_rate(cell.attack),
        "enough": cell.enough,
        "noise": _rate(cell.noise),
        "clean_recognised": _rate(cell.clean),
    }


def _conditions(evaluation: Evaluation) -> dict[str, Any]:
    """The range that each quantity had over the views; those that were off throughout are left out."""
    found = {}
    for name, quantity in QUANTITIES.items():
        values = getattr(evaluation.seen.condition, name)
        low, high = float(values.min()), float(values.max())
        if name != "noise_seed" and not low == high == quantity.off:
            found[name] = {"low": _rounded(low), "high": _rounded(high), "meaning": quantity.meaning}
    return found


def _rounded(value: float) -> float:
    """Six decimals: finer than any rate here can be known, and equal on every machine."""
    return round(value, 6)
