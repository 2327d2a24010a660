"""Does the evidence itself speak against its headline: the controls, the fresh views, the training curve?"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from eot.evidence.evaluation import ATTACK, BLANK, NOISE, Evaluation
from eot.evidence.findings import Finding, fail, ok, warn
from eot.evidence.statistics import Rate, paired_difference, pairs

# Share of the whole progress that the last fifth of the steps may still make in a run that has converged.
STILL_FALLING = 0.1


def check_evaluation(evaluation: Evaluation, select: Rate | None = None) -> tuple[Finding, ...]:
    """Whether the evidence itself speaks against its headline.

    Args:
        select: the rate of the same article on the select stream, on which it was picked.
    """
    found = [clean_article(evaluation), control(evaluation, NOISE), control(evaluation, BLANK)]
    if select is not None:
        found.append(winners_curse(select, evaluation.rates(ATTACK).raw))
    return tuple(found)


def clean_article(evaluation: Evaluation) -> Finding:
    """A clean article that is often not recognised leaves a select, easier set of views."""
    share = evaluation.counted().float().mean().item()
    n = int(evaluation.counted().sum())
    if n == 0:
        return fail("clean article", "no view counts: bring the article nearer, or check label and victim.")
    text = f"{share:.1%} of {len(evaluation.seen)} views count ({evaluation.denominator})"
    if share < 0.9:
        return warn("clean article", f"{text}: the rate is silent about the rest; narrow the conditions.")
    return ok("clean article", f"{text}.")


def control(evaluation: Evaluation, name: str) -> Finding:
    """A control that succeeds on the same views about as often: then not the pattern is the cause."""
    title = f"{name} control"
    if name not in evaluation.articles:
        return warn(title, f"no {name} article was photographed: add it, or the rate stands alone.")
    counted = evaluation.counted()
    counts = pairs(evaluation.reached(ATTACK)[counted], evaluation.reached(name)[counted])
    ahead = paired_difference(counts, evaluation.level)
    if ahead.value is None:
        return fail(title, "no view counts, so nothing can be compared: see the clean article.")
    text = f"the attack is ahead of the {name} article by {_points(ahead.value)} points "
    text += f"({_points(ahead.low)} to {_points(ahead.high)}) on the same {ahead.n} views"
    if ahead.low <= 0:
        return fail(title, f"{text}: not clearly more, so the pattern cannot be called the cause.")
    if counts.both + counts.only_second > (counts.both + counts.only_first) / 2:
        return warn(title, f"{text}, yet the {name} article alone does more than half of it: report both.")
    return ok(title, f"{text}.")


def winners_curse(select: Rate, report: Rate) -> Finding:
    """The rate on which the texture was picked against the one on fresh views: picking flatters."""
    if select.rate is None or report.rate is None:
        return warn("fresh views", "select and report cannot be compared: one of them counted no view.")
    text = f"{select.rate:.1%} on the views used for picking, {report.rate:.1%} on fresh ones"
    if select.is_above(report):
        return warn("fresh views", f"{text}: picked by luck; use more select views, quote the fresh rate.")
    if report.is_above(select):
        return warn("fresh views", f"{text}: the streams differ; check that their conditions are the same.")
    return ok("fresh views", f"{text}: they agree within their intervals.")


def check_training(metrics: Sequence[Mapping[str, Any]]) -> tuple[Finding, ...]:
    """Whether more steps helped, and whether they would have helped further.

    An attack that was stopped early makes a model look safer than it is.

    Args:
        metrics: records with "step", "stream" ("train" or "select") and "loss", None where that was not
            finite. Fewer than five selections tell nothing.
    """
    finite = [r for r in metrics if r["loss"] is not None and math.isfinite(r["loss"])]
    picked = [(r["step"], r["loss"]) for r in finite if r["stream"] == "select"]
    if len(picked) < 5:
        return ()
    first, last, least = finite[0]["loss"], picked[-1][0], min(loss for _, loss in picked)
    # What the last fifth of the steps added to the best that had been found before it.
    earlier = min((loss for step, loss in picked if step <= 0.8 * last), default=first)
    gained, late = first - least, min(first, earlier) - least
    text = f"the loss fell from {first:.3g} to {least:.3g} on the select views"
    if not gained > 0:
        text = f"the select loss never fell below the first training loss of {first:.3g}"
        return (warn("progress", f"{text}: lower optimiser.rate, or check the objective."),)
    if late > STILL_FALLING * gained:
        advice = "it is still falling; more steps would make the attack stronger."
        return (
            warn("progress", f"{text}, {late / gained:.0%} of it in the last fifth of the steps: {advice}"),
        )
    return (ok("progress", f"{text}, {late / gained:.0%} of it in the last fifth of the steps."),)


def _points(share: float) -> str:
    return f"{100 * share:.1f}"
