"""Is the victim a fixed function that answers logits? If not, every later number is about something else."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from eot.evidence.findings import Finding, fail, ok
from eot.problem import Problem
from eot.victims.any_victim import Prediction
from eot.victims.depth import Depths
from eot.victims.detections import Dense
from eot.victims.segmenter import Maps
from renders.conditions import Condition


def check_victims(
    problem: Problem, image: Float[Tensor, "t c u v"], condition: Condition
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


def probabilities(victim: nn.Module, photos: Float[Tensor, "n 3 h w"], name: str) -> Finding:
    """Softmax given for logits: its gradient vanishes where the victim is sure."""
    with torch.no_grad():
        answers = victim(photos)
    if isinstance(answers, Dense):
        return ok("logits", f"{name} answers candidates with scores, as detectors do.")
    if isinstance(answers, Depths):
        return ok("logits", f"{name} answers nearness, as depth estimators do.")
    if isinstance(answers, Maps):
        answers = answers.logits.movedim(1, -1).flatten(0, 2)
    sums = answers.sum(-1)
    if bool((answers >= 0).all()) and bool(torch.isclose(sums, torch.ones_like(sums), atol=1e-3).all()):
        return fail("logits", f"{name} answers probabilities, not logits: remove its final softmax.")
    return ok("logits", f"{name} answers logits.")


def train_mode(victim: nn.Module, name: str) -> Finding:
    """A model left in train mode: dropout and batch statistics make every answer a different one."""
    training = [path or "the model" for path, module in victim.named_modules() if module.training]
    if training:
        where = f"{name} is in train mode ({training[0]} and {len(training) - 1} more)"
        return fail("eval mode", f"{where}: call .eval() on it before the run.")
    return ok("eval mode", f"{name} is in eval mode.")


def randomness(victim: nn.Module, photos: Float[Tensor, "n 3 h w"], name: str) -> Finding:
    """A model that is random: two looks at the same photographs must agree."""
    with torch.no_grad():
        first, second = (_values(victim(photos)) for _ in range(2))
    moved = float((first - second).abs().max() / first.abs().max().clamp_min(1e-12))
    if moved > 1e-4:
        text = f"{name} answers the same photographs differently (by {moved:.1%} of its largest value)"
        return fail("determinism", f"{text}: switch that off, or average several passes inside it.")
    return ok("determinism", f"{name} answers the same photographs alike.")


def _values(answer: Prediction) -> Tensor:
    return answer if isinstance(answer, Tensor) else answer.values[0]


def victim_unchanged(name: str, before: str, after: str) -> Finding:
    """The weights before the run against those after it, by fingerprint."""
    if before != after:
        text = f"{name} changed during the run ({before[:12]} became {after[:12]})"
        return fail("unchanged victim", f"{text}: the numbers belong to no model; freeze it and run again.")
    return ok("unchanged victim", f"{name} has the same fingerprint ({after[:12]}) before and after the run.")
