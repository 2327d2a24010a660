"""Is the card itself to be trusted? Signs that the white-box attacks were weaker than they look."""

from collections.abc import Sequence

import torch

from eot.check.ledger import Ledger
from eot.check.parts import UNLIMITED, UNLIMITED_EPS, Part
from eot.check.plan import Plan, written
from eot.check.subject import Subject
from eot.evidence.findings import Finding, fail, ok, warn
from eot.evidence.gradient_checks import descent
from eot.evidence.statistics import paired_difference, pairs, wilson
from eot.evidence.victim_checks import probabilities, randomness, train_mode
from eot.loop import gradient
from eot.problem import Problem
from eot.recipes import STILL
from renders.surfaces.screen import Screen

LOOKED_AT = 16


def model_findings(subject: Subject) -> list[Finding]:
    """What the victim shows on a few of the images before anything is attacked."""
    rows = torch.arange(min(LOOKED_AT, len(subject)))
    images, name = subject.images[rows], subject.victim.info.name
    wide = images.expand(-1, 3, -1, -1)
    problem = Problem(Screen(), ((subject.victim, 1.0),), subject.goal(rows))
    slope, _ = gradient(images, problem, STILL(0))
    dead = int((slope.flatten(1).abs().amax(1) == 0).sum())
    advice = "cross-entropy cannot lead there: look for saturation, rounding or a softmax in the model."
    gradients = (
        ok("gradients", f"none of {len(rows)} images has a zero gradient.")
        if not dead
        else (fail if 2 * dead > len(rows) else warn)(
            "gradients", f"{dead} of {len(rows)} images have none: {advice}"
        )
    )
    free = torch.ones(images.shape[-2:], dtype=torch.bool, device=images.device)
    return [
        probabilities(subject.victim, wide, name),
        train_mode(subject.victim, name),
        randomness(subject.victim, wide, name),
        gradients,
        descent(problem, images, STILL(0), free),
    ]


def card_findings(subject: Subject, plan: Plan, parts: Sequence[Part], ledger: Ledger) -> list[Finding]:
    """What the results say about each other; comparisons whose parts were not measured are left out."""
    n = len(subject)
    named = {part.name for part in parts}
    largest, middle = written(plan.eps[-1]), written(plan.eps[(len(plan.eps) - 1) // 2])
    found = [_chance(subject, ledger), _noise(f"pgd@{largest}", f"noise@{largest}", ledger, n)]
    found += [
        _stronger(f"pgd@{eps}", f"fgsm@{eps}", ledger, n, "many steps beat one")
        for eps in map(written, plan.eps)
    ]
    found.append(_stronger(f"pgd@{middle}", f"short@{middle}", ledger, n, "more steps do no worse"))
    black = [name for name in named if name.startswith(("square@", "transfer:"))]
    found += [
        _stronger(f"pgd@{largest}", name, ledger, n, "white box beats black box") for name in sorted(black)
    ]
    if UNLIMITED in named:
        found.append(_unlimited(ledger, n))
    return [finding for finding in found if finding is not None]


def _chance(subject: Subject, ledger: Ledger) -> Finding | None:
    """Labels of another numbering look like a model that knows nothing.

    Near chance: the interval reaches down to it, and not because there are few images: most are misread.
    """
    seen, wrong = ledger.known("clean", len(subject))
    if not bool(seen.any()):
        return None
    chance = 1 / len(subject.victim.info.labels)
    rate = wilson(int((seen & ~wrong).sum()), int(seen.sum()))
    share = rate.successes / rate.n
    text = f"{share:.1%} of {rate.n} images are read right, {chance:.1%} would be chance"
    if rate.low <= chance and share < (1 + chance) / 2:
        return fail("labels", f"{text}: the labels are not those of this model, or it was not trained.")
    if share < 0.5:
        return warn("labels", f"{text}: a low accuracy leaves little to attack; is this the model's data?")
    return ok("labels", f"{text}.")


def _noise(attack: str, control: str, ledger: Ledger, n: int) -> Finding | None:
    """Noise that does as well: then not the gradient is the cause."""
    (seen, fooled), (other, blind) = ledger.known(attack, n), ledger.known(control, n)
    both = seen & other
    if not bool(both.any()):
        return None
    gap = paired_difference(pairs(fooled[both], blind[both]))
    text = f"{attack} fools {100 * (gap.value or 0):.1f} points more than noise of the same size "
    text += f"({100 * gap.low:.1f} to {100 * gap.high:.1f}) on the same {gap.n} images"
    if gap.low <= 0:
        return warn("noise control", f"{text}: not clearly more; the radius may be too small to tell.")
    return ok("noise control", f"{text}.")


def _stronger(strong: str, weak: str, ledger: Ledger, n: int, sign: str) -> Finding | None:
    """What should be the weaker attack must not fool what withstood the stronger one."""
    (seen, fooled), (other, by_weak) = ledger.known(strong, n), ledger.known(weak, n)
    both = seen & other
    if not bool(both.any()):
        return None
    only = int((by_weak & ~fooled & both).sum())
    gap = paired_difference(pairs(by_weak[both], fooled[both]))
    text = f"of {int(both.sum())} images {weak} fools {only} that withstood {strong}"
    if gap.low > 0:
        return fail(
            sign, f"{text}, and more in all: gradients are masked; the white-box figures mean nothing."
        )
    if only > max(1, 0.02 * int(both.sum())):
        return warn(sign, f"{text}: count them as fooled, and take more steps or restarts.")
    return ok(sign, f"{text}.")


def _unlimited(ledger: Ledger, n: int) -> Finding | None:
    """Where any image can become grey, all must fall."""
    seen, fooled = ledger.known(UNLIMITED, n)
    if not bool(seen.any()):
        return None
    left = int((seen & ~fooled).sum())
    text = f"PGD with a radius of {UNLIMITED_EPS:g} leaves {left} of {int(seen.sum())} images"
    if left > 0.02 * int(seen.sum()):
        return fail("unlimited radius", f"{text}, where all must fall: it is not the model that is strong.")
    return ok("unlimited radius", f"{text}.")
