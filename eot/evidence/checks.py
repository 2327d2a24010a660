"""Reasons to distrust a result: each check is one Finding that ends in advice when something is wrong."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from eot.evidence.evaluation import ATTACK, BLANK, NOISE, Evaluation
from eot.evidence.statistics import Rate, paired_difference, pairs
from eot.loop import gradient
from eot.problem import Problem
from renders.conditions import Condition


class Grade(StrEnum):
    """How much a finding should worry the reader."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Finding:
    """What one check found, in a sentence or two."""

    name: str
    level: Grade
    text: str


def check_victims(
    problem: Problem, image: Float[Tensor, "t 3 u v"], condition: Condition
) -> tuple[Finding, ...]:
    """Whether every victim is a fixed function that answers logits, on photographs of `image`."""
    with torch.no_grad():
        photos = problem.photograph(image, condition).flatten(0, 1)
    return tuple(
        finding
        for victim, _ in problem.victims
        for finding in (
            probabilities(victim, photos, victim.info.name),
            train_mode(victim, victim.info.name),
            randomness(victim, photos, victim.info.name),
        )
    )


def check_gradients(
    problem: Problem,
    image: Float[Tensor, "t 3 u v"],
    stream: Callable[[int], Condition],
    *,
    mask: Bool[Tensor, "u v"] | None = None,
    batches: int = 8,
) -> tuple[Finding, ...]:
    """Whether the gradient that the attack follows is there, reaches every texel and is not mostly noise.

    Args:
        stream: a stream of the training conditions; its first `batches` steps are drawn.
        mask: the texels that the attack may change; all of them when not given.
    """
    samples = torch.stack([gradient(image, problem, stream(i))[0] for i in range(batches)])
    free = torch.ones_like(samples[0, 0, 0], dtype=torch.bool) if mask is None else mask
    return zero_gradients(samples), unreached_texels(samples, free), gradient_noise(samples[..., free])


def check_evaluation(evaluation: Evaluation, select: Rate | None = None) -> tuple[Finding, ...]:
    """Whether the evidence itself speaks against its headline.

    Args:
        select: the rate of the same article on the select stream, on which it was picked.
    """
    found = [clean_article(evaluation), control(evaluation, NOISE), control(evaluation, BLANK)]
    if select is not None:
        found.append(winners_curse(select, evaluation.rates(ATTACK).raw))
    return tuple(found)


def probabilities(victim: nn.Module, photos: Float[Tensor, "n 3 h w"], name: str) -> Finding:
    """Softmax given for logits: its gradient vanishes where the victim is sure."""
    with torch.no_grad():
        answers = victim(photos)
    sums = answers.sum(-1)
    if bool((answers >= 0).all()) and bool(torch.isclose(sums, torch.ones_like(sums), atol=1e-3).all()):
        return _fail("logits", f"{name} answers probabilities, not logits: remove its final softmax.")
    return _ok("logits", f"{name} answers logits.")


def train_mode(victim: nn.Module, name: str) -> Finding:
    """A model left in train mode: dropout and batch statistics make every answer a different one."""
    training = [path or "the model" for path, module in victim.named_modules() if module.training]
    if training:
        where = f"{name} is in train mode ({training[0]} and {len(training) - 1} more)"
        return _fail("eval mode", f"{where}: call .eval() on it before the run.")
    return _ok("eval mode", f"{name} is in eval mode.")


def randomness(victim: nn.Module, photos: Float[Tensor, "n 3 h w"], name: str) -> Finding:
    """A model that is random: two looks at the same photographs must agree."""
    with torch.no_grad():
        first, second = victim(photos), victim(photos)
    moved = float((first - second).abs().max() / first.abs().max().clamp_min(1e-12))
    if moved > 1e-4:
        text = f"{name} answers the same photographs differently (by {moved:.1%} of its largest logit)"
        return _fail("determinism", f"{text}: switch that off, or average several passes inside it.")
    return _ok("determinism", f"{name} answers the same photographs alike.")


def victim_unchanged(name: str, before: str, after: str) -> Finding:
    """The weights before the run against those after it, by fingerprint."""
    if before != after:
        text = f"{name} changed during the run ({before[:12]} became {after[:12]})"
        return _fail("unchanged victim", f"{text}: the numbers belong to no model; freeze it and run again.")
    return _ok("unchanged victim", f"{name} has the same fingerprint before and after the run.")


def zero_gradients(samples: Float[Tensor, "b t 3 u v"]) -> Finding:
    """Batches whose gradient is exactly zero: the attack cannot learn from them."""
    dead = (samples.flatten(2).abs().amax(-1) == 0).float().mean().item()
    if dead == 0:
        return _ok("gradients", f"none of {len(samples)} batches has a zero gradient.")
    advice = "look for a saturated loss, rounding in the victim, or an article out of the frame."
    return (_fail if dead > 0.5 else _warn)("gradients", f"{dead:.0%} of batches have none: {advice}")


def unreached_texels(samples: Float[Tensor, "b t 3 u v"], mask: Bool[Tensor, "u v"]) -> Finding:
    """Texels that may change but never got gradient: no view shows them."""
    never = (samples.abs().amax((0, 2)) == 0)[:, mask].float().mean().item()
    if never <= 0.01:
        return _ok("texels", f"{1 - never:.1%} of the texels got gradient within {len(samples)} batches.")
    advice = "draw more views per step, or check that the mask lies where the camera can see it."
    grade = _fail if never > 0.5 else _warn
    return grade("texels", f"{never:.1%} of the texels got none in {len(samples)} batches: {advice}")


def gradient_noise(samples: Float[Tensor, "b t *d"]) -> Finding:
    """How far one batch's gradient points along the true one (the mean over all views), as a cosine.

    With S = |E g|^2 and V = E |g - E g|^2 the cosine is about sqrt(S / (S + V)); the mean of b batches
    overestimates S by V / b, which is taken off.
    """
    flat = samples.flatten(2)
    variance = flat.var(0).sum(-1)
    signal = (flat.mean(0).square().sum(-1) - variance / len(flat)).clamp_min(0)
    cosine = (signal / (signal + variance).clamp_min(1e-30)).sqrt().min().item()
    text = f"the gradient of one batch points {cosine:.2f} (cosine) along the mean of all views"
    if cosine < 0.1:
        return _warn("gradient noise", f"{text}: take more views per step, or a smaller rate and more steps.")
    return _ok("gradient noise", f"{text}.")


def clean_article(evaluation: Evaluation) -> Finding:
    """A clean article that is often not recognised leaves a select, easier set of views."""
    share = evaluation.counted().float().mean().item()
    n = int(evaluation.counted().sum())
    if n == 0:
        return _fail("clean article", "no view counts: bring the article nearer, or check label and victim.")
    text = f"{share:.1%} of {len(evaluation.seen)} views count ({evaluation.denominator})"
    if share < 0.9:
        return _warn("clean article", f"{text}: the rate is silent about the rest; narrow the conditions.")
    return _ok("clean article", f"{text}.")


def control(evaluation: Evaluation, name: str) -> Finding:
    """A control that succeeds on the same views about as often: then not the pattern is the cause."""
    title = f"{name} control"
    if name not in evaluation.articles:
        return _warn(title, f"no {name} article was photographed: add it, or the rate stands alone.")
    counted = evaluation.counted()
    counts = pairs(evaluation.reached(ATTACK)[counted], evaluation.reached(name)[counted])
    ahead = paired_difference(counts, evaluation.level)
    if ahead.value is None:
        return _fail(title, "no view counts, so nothing can be compared.")
    text = f"the attack is ahead of the {name} article by {_points(ahead.value)} points "
    text += f"({_points(ahead.low)} to {_points(ahead.high)}) on the same {ahead.n} views"
    if ahead.low <= 0:
        return _fail(title, f"{text}: the pattern is not what causes the success; do not claim it.")
    if counts.both + counts.only_second > (counts.both + counts.only_first) / 2:
        return _warn(title, f"{text}, yet the {name} article alone does more than half of it: report both.")
    return _ok(title, f"{text}.")


def winners_curse(select: Rate, report: Rate) -> Finding:
    """The rate on which the texture was picked against the one on fresh views: picking flatters."""
    if select.rate is None or report.rate is None:
        return _warn("fresh views", "select and report cannot be compared: one of them counted no view.")
    text = f"{select.rate:.1%} on the views used for picking, {report.rate:.1%} on fresh ones"
    if select.is_above(report):
        return _warn("fresh views", f"{text}: picked by luck; use more select views, quote the fresh rate.")
    if report.is_above(select):
        return _warn("fresh views", f"{text}: the streams differ; check that their conditions are the same.")
    return _ok("fresh views", f"{text}: they agree within their intervals.")


def texel_footprint(texels_per_px: Float[Tensor, " p"]) -> Finding:
    """How many texels fall on one pixel's side: detail that no camera resolves is wasted.

    Args:
        texels_per_px: over the covered pixels of some views: sqrt(|det footprint| * u * v) of their Hits.
    """
    median = texels_per_px.median().item()
    text = f"half of the pixels see more than {median:.1f} texels per side"
    if median > 4:
        return _warn("footprint", f"{text}: fewer texels do as well and cost less.")
    return _ok("footprint", f"{text}.")


def _points(share: float) -> str:
    return f"{100 * share:.1f}"


def _ok(name: str, text: str) -> Finding:
    return Finding(name, Grade.OK, text)


def _warn(name: str, text: str) -> Finding:
    return Finding(name, Grade.WARN, text)


def _fail(name: str, text: str) -> Finding:
    return Finding(name, Grade.FAIL, text)
