"""The card: every line with its figure, interval, n and control, as plain values that JSON can hold."""

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from eot.check.ledger import Ledger
from eot.check.parts import Part
from eot.check.plan import Plan, written
from eot.check.subject import Subject
from eot.evidence.findings import Finding
from eot.evidence.quantiles import quantile
from eot.evidence.statistics import LEVEL, Rate, clustered, paired_difference, pairs, wilson
from eot.victims.victim import Victim

SCHEMA = 1


def card_of(
    subject: Subject, plan: Plan, parts: Sequence[Part], ledger: Ledger, findings: Sequence[Finding]
) -> dict[str, Any]:
    """What card.json holds. Its bytes depend on subject, plan and what was measured only."""
    n = len(subject)
    return {
        "schema": SCHEMA,
        "kind": "eot check",
        "title": f"{subject.victim.info.name} on {subject.data}",
        "model": _model(subject.victim),
        "surrogates": [_model(other) for other in subject.surrogates],
        "data": {"name": subject.data, "sha256": subject.digest, "n": n},
        "plan": plan.record(),
        "seed": plan.seed,
        "level": LEVEL,
        "interval": "Wilson; Korn-Graubard over articles; order statistics for sizes",
        "lines": [line_of(part, ledger, n) for part in parts if part.kind != "trust"],
        "checks": [{**asdict(f), "level": f.level.value} for f in findings],
        "calls": ledger.calls,
        "complete": all(done(part, ledger) for part in parts),
    }


def _model(victim: Victim) -> dict[str, Any]:
    info = victim.info
    return {
        "name": info.name,
        "weights_sha256": info.weights_sha256,
        "classes": len(info.labels),
        "input_px": list(info.input_px),
        "origin": info.origin,
        "licence": info.licence,
        "notes": list(info.notes),
    }


def done(part: Part, ledger: Ledger) -> bool:
    """Whether all rows of a part are measured."""
    return sum(len(batch.rows) for batch in ledger.of(part.name)) >= part.rows


def line_of(part: Part, ledger: Ledger, n: int) -> dict[str, Any]:
    """One line of the card; without rows its figures are null."""
    batches = ledger.of(part.name)
    rows = sum(len(batch.rows) for batch in batches)
    line: dict[str, Any] = {
        "name": part.name,
        "kind": part.kind,
        "text": part.text,
        "beside": part.beside or None,
        "n": rows,
        "complete": rows >= part.rows,
    }
    if part.kind == "size":
        return line | _sizes(part, ledger, n)
    rate = accuracy(part, ledger)
    line |= {"accuracy": figure(rate), "looks": rate.n, "fooled": _bits(part, ledger)}
    if part.beside:
        control = ledger.of(part.beside)
        line["control"] = figure(
            _rate(part.kind, [x for b in control for x in zip(b.fooled, b.looks, strict=True)])
        )
        line["behind_control"] = behind(part, ledger, n)
    bounds = f"{_percent(rate.low)} to {_percent(rate.high)}"
    line["sentence"] = (
        f"accuracy {_percent(rate.rate)} ({bounds}, n = {rate.n}): {part.text}" if rows else part.text
    )
    return line


def accuracy(part: Part, ledger: Ledger) -> Rate:
    """The share of looks that the victim got right, with its interval."""
    return _rate(
        part.kind,
        [pair for batch in ledger.of(part.name) for pair in zip(batch.fooled, batch.looks, strict=True)],
    )


def _rate(kind: str, looks: list[tuple[int, int]]) -> Rate:
    right, sizes = [total - fooled for fooled, total in looks], [total for _, total in looks]
    if kind == "physical":
        return clustered(right, sizes)
    return wilson(sum(right), sum(sizes))


def behind(part: Part, ledger: Ledger, n: int) -> dict[str, Any] | None:
    """The attack's accuracy minus its control's on the same images, with Tango's interval."""
    if part.kind != "accuracy":
        return None
    (seen, fooled), (other, by_control) = ledger.known(part.name, n), ledger.known(part.beside, n)
    both = seen & other
    gap = paired_difference(pairs(~fooled[both], ~by_control[both]))
    return {"value": gap.value, "low": _round(gap.low), "high": _round(gap.high), "n": gap.n}


def figure(rate: Rate) -> dict[str, Any]:
    """A rate as the card holds it; no value and 0 to 1 where nothing was looked at."""
    value = None if rate.rate is None else _round(rate.rate)
    return {"value": value, "low": _round(rate.low), "high": _round(rate.high), "n": rate.n}


def _bits(part: Part, ledger: Ledger) -> str | None:
    """Which rows were fooled, in order, so that a later card can be compared row by row."""
    if part.kind != "accuracy":
        return None
    return "".join(str(f) for batch in ledger.of(part.name) for f in batch.fooled)


def _sizes(part: Part, ledger: Ledger, n: int) -> dict[str, Any]:
    """Quartiles of the smallest changes over images that are read right as they are."""
    wrong = ledger.known("clean", n)[1]
    rows = [row for batch in ledger.of(part.name) for row in batch.rows]
    sizes = [s for row, s in zip(rows, ledger.sizes(part.name), strict=True) if not bool(wrong[row])]
    quartiles = {
        name: _finite(quantile(sizes, q)) for name, q in (("lower", 0.25), ("median", 0.5), ("upper", 0.75))
    }
    middle = quartiles["median"]
    text = "nothing found" if middle["value"] is None else f"median {middle['value']:.4g}"
    found = sum(math.isfinite(size) for size in sizes)
    return {
        **quartiles,
        "n": len(sizes),
        "found": found,
        "tried": part.tried,
        "sentence": f"{text} (n = {len(sizes)}, found for {found}): {part.text}",
    }


def _finite(values: tuple[float, float, float]) -> dict[str, float | None]:
    """Value, low and high; None where it is more than was tried."""
    named = zip(("value", "low", "high"), values, strict=True)
    return {name: _round(value) if math.isfinite(value) else None for name, value in named}


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"


def _round(value: float) -> float:
    """Six decimals: finer than any figure here can be known, and equal on every machine."""
    return round(value, 6)


def radii(plan: Plan) -> list[str]:
    """The radii as the names of lines have them."""
    return [written(eps) for eps in plan.eps]
