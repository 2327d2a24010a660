"""The parts of a check: what each does to a batch of rows, and which control stands beside it."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from eot.check import looks, patches, physical
from eot.check.ledger import Ledger
from eot.check.plan import AREAS, Plan, written
from eot.check.subject import Subject

Measure = Callable[[Subject, Plan, Ledger, list[int]], looks.Seen]
# Not pgd@0.5: that may be a line that was asked for.
UNLIMITED = "unlimited"
# With half of the range to change, any image can become grey.
UNLIMITED_EPS = 0.5


@dataclass(frozen=True)
class Part:
    """One line of the card.

    Args:
        name: as gates write it: `pgd@8/255`, `patch@5%`, `cw`.
        kind: `accuracy` of images, `physical` (views of articles), or `size` (smallest changes).
        beside: the part whose figure is its control.
        rows: how many images it is measured on.
        text: what is done.
        tried: the largest size that is looked for; None = any.
    """

    name: str
    kind: str
    measure: Measure
    rows: int
    batch: int
    text: str
    beside: str = ""
    tried: float | None = None


def parts_of(subject: Subject, plan: Plan) -> list[Part]:
    """All parts, the most telling first: what a budget cuts off is at the end."""
    clean, *attacks = _parts(subject, plan)
    return [clean, *map(_of_read, attacks)]


def _of_read(part: Part) -> Part:
    """Views are judged each for itself, and sizes are told of images that are read right only."""
    if part.kind in ("physical", "size"):
        return part
    return replace(part, measure=looks.of_read(part.measure))


def _parts(subject: Subject, plan: Plan) -> list[Part]:
    n, batch = len(subject), subject.batch
    found = [Part("clean", "accuracy", looks.clean, n, 4 * batch, "as they are")]
    for eps in plan.eps:
        found += _ball(eps, n, batch)
    found += _smallest(plan, min(n, plan.minimal), batch)
    found += _patches(min(n, plan.patched), batch)
    found += _physical(subject, plan)
    largest = plan.eps[-1]
    if plan.norm == "linf":
        name = f"square@{written(largest)}"
        text = f"Square attack, {plan.queries} queries, sees scores only"
        found.append(
            Part(name, "accuracy", looks.squared(largest), n, batch, text, f"noise@{written(largest)}")
        )
    for number, other in enumerate(subject.surrogate_names):
        name = f"transfer:{other}@{written(largest)}"
        text = f"PGD on {other}, shown to the victim"
        measure = looks.transferred(number, largest)
        found.append(Part(name, "accuracy", measure, n, batch, text, f"noise@{written(largest)}"))
    return found + _trust(plan, n, batch)


def _ball(eps: float, n: int, batch: int) -> list[Part]:
    name, control = written(eps), f"noise@{written(eps)}"
    pgd = "PGD from random starts; losses take turns over the restarts"
    return [
        Part(control, "accuracy", looks.noisy(eps), n, 4 * batch, "blind change that uses all of eps"),
        Part(
            f"fgsm@{name}", "accuracy", looks.fgsm_at(eps), n, batch, "one step along the gradient", control
        ),
        Part(f"pgd@{name}", "accuracy", looks.pgd_at(eps), n, batch, pgd, control),
    ]


def _smallest(plan: Plan, n: int, batch: int) -> list[Part]:
    third = max(1, n // 3)
    text = f"PGD with bisection on eps, {plan.norm}"
    return [
        Part("cw", "size", looks.carlini, n, batch, "Carlini & Wagner, l2"),
        Part("radius", "size", looks.radius, n, batch, text, tried=plan.reach),
        Part("lbfgs", "size", looks.lbfgs, third, 4, "box-constrained L-BFGS on the margin, l2"),
    ]


def _patches(n: int, batch: int) -> list[Part]:
    found = []
    for area in AREAS:
        name = f"{100 * area:g}%"
        text = f"square patch on {name} of each image, place drawn, made for that image"
        found += [
            Part(
                f"noisepatch@{name}",
                "accuracy",
                patches.patch(area, blind=True),
                n,
                4 * batch,
                "noise in its place",
            ),
            Part(f"patch@{name}", "accuracy", patches.patch(area), n, batch, text, f"noisepatch@{name}"),
        ]
    return found


def _physical(subject: Subject, plan: Plan) -> list[Part]:
    name, eps = written(2 * plan.eps[-1]), 2 * plan.eps[-1]
    if plan.norm != "linf" or subject.images.shape[1] != 3:
        return []
    n = min(plan.articles, physical.articles(subject))
    text = "EOT: printed, seen under fresh poses, light and cameras"
    return [
        Part("views", "physical", physical.seen_clean, n, 4, "the clean article, the same views"),
        Part(f"noiseviews@{name}", "physical", physical.seen_noise(eps), n, 4, "noise, the same views"),
        Part(f"eot@{name}", "physical", physical.seen_attacked(eps), n, 4, text, f"noiseviews@{name}"),
    ]


def _trust(plan: Plan, n: int, batch: int) -> list[Part]:
    """What only the trust checks look at."""
    middle = plan.eps[(len(plan.eps) - 1) // 2]
    few = min(n, 32)
    found = [
        Part(
            f"short@{written(middle)}",
            "trust",
            looks.short_at(middle),
            n,
            batch,
            "PGD of a quarter of the steps",
        )
    ]
    if plan.norm == "linf":
        measure = looks.pgd_at(UNLIMITED_EPS)
        found.append(Part(UNLIMITED, "trust", measure, few, batch, "PGD with no limit that matters"))
    return found
