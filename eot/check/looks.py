"""How each part looks at a batch of rows: the recipes with the settings of the plan."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Bool
from torch import Tensor

from eot.attack import Attack
from eot.check.ledger import Ledger
from eot.check.plan import Plan, written
from eot.check.subject import Subject
from eot.objectives import DISTANCES, LEAST_CLASSES, margin
from eot.recipes import fgsm, noise, pgd, square
from eot.search.each import best_of_each, never
from eot.search.found import Found
from eot.search.radius import smallest_by_pgd
from eot.search.restarts import restarted, starts
from eot.search.transfer import judged
from eot.search.weight import smallest_by_carlini_wagner, smallest_by_lbfgs
from eot.victims.victim import Victim
from textures.norms import L1, Norm, norm_named

LOSSES = ("ce", "margin", "dlr")


@dataclass(frozen=True)
class Seen:
    """What a part saw of each row: looks, how many of them fooled the victim, the smallest change."""

    fooled: list[int]
    looks: list[int]
    size: list[float | None]


Measure = Callable[[Subject, Plan, Ledger, list[int]], Seen]


def norm_of(plan: Plan) -> Norm:
    """The norm of the radii; in l1 a step moves a twentieth of the texels (Croce & Hein 2021)."""
    return L1(share=0.05) if plan.norm == "l1" else norm_named(plan.norm)


def once(fooled: Bool[Tensor, " n"]) -> Seen:
    """One look at each row."""
    return Seen([int(each) for each in fooled], [1] * len(fooled), [])


def sized(found: Found) -> Seen:
    """One look at each row, and the size of its smallest change."""
    pairs = zip(found.cost.tolist(), found.success.tolist(), strict=True)
    sizes = [cost if success else None for cost, success in pairs]
    return Seen([int(each) for each in found.success], [1] * len(sizes), sizes)


def of_read(measure: Measure) -> Measure:
    """Of rows that are misread as they are nothing is asked: they count as wrong whatever is done to them."""

    def measured(subject: Subject, plan: Plan, ledger: Ledger, rows: list[int]) -> Seen:
        misread = ledger.known("clean", len(subject))[1]
        read = [row for row in rows if not bool(misread[row])]
        seen = measure(subject, plan, ledger, read) if read else Seen([], [], [])
        fooled = dict(zip(read, seen.fooled, strict=True))
        return Seen([fooled.get(row, 1) for row in rows], [1] * len(rows), [])

    return measured


def clean(subject: Subject, plan: Plan, ledger: Ledger, rows: list[int]) -> Seen:
    """The images as they are."""
    chosen = torch.tensor(rows)
    return once(judged(subject.images[chosen], subject.victim, subject.goal(chosen)).success)


def noisy(eps: float) -> Measure:
    """Blind changes on the surface of the ball."""

    def measure(subject: Subject, plan: Plan, ledger: Ledger, rows: list[int]) -> Seen:
        chosen, norm = torch.tensor(rows), norm_of(plan)
        draws = starts(plan.seed, "check-noise", rows)
        goal = subject.goal(chosen)
        attack = noise(subject.images[chosen], subject.victim, goal, eps=eps, generator=draws, norm=norm)
        return once(best_of_each(attack).success)

    return measure


def fgsm_at(eps: float) -> Measure:
    """One step along the gradient."""

    def measure(subject: Subject, plan: Plan, ledger: Ledger, rows: list[int]) -> Seen:
        chosen = torch.tensor(rows)
        goal = subject.goal(chosen)
        attack = fgsm(subject.images[chosen], subject.victim, goal, eps=eps, norm=norm_of(plan))
        end = best_of_each(attack, never).image
        return once(judged(end, subject.victim, goal).success)

    return measure


def pgd_at(eps: float) -> Measure:
    """PGD with restarts, on the rows that have not fallen in a smaller ball: those lie in this one too."""

    def measure(subject: Subject, plan: Plan, ledger: Ledger, rows: list[int]) -> Seen:
        fallen = torch.zeros(len(subject), dtype=torch.bool)
        for smaller in (each for each in plan.eps if each < eps):
            fallen |= ledger.known(f"pgd@{written(smaller)}", len(subject))[1]
        fooled = fallen[rows]
        left = torch.tensor(rows)[~fooled]
        if len(left):
            fooled[~fooled.clone()] = _pgd(subject, subject.victim, plan, left, eps).success.cpu()
        return once(fooled)

    return measure


def short_at(eps: float) -> Measure:
    """PGD with a quarter of the steps and no restart."""

    def measure(subject: Subject, plan: Plan, ledger: Ledger, rows: list[int]) -> Seen:
        quarter = max(1, plan.steps // 4)
        attack = _attack(subject, subject.victim, plan, torch.tensor(rows), (eps, quarter, 0))
        return once(best_of_each(attack).success)

    return measure


def _pgd(subject: Subject, victim: Victim, plan: Plan, rows: Tensor, eps: float) -> Found:
    def make(part: Tensor, restart: int) -> Attack:
        # The rows are numbers on the CPU; a tensor there cannot be indexed from another device.
        return _attack(subject, victim, plan, rows[part.cpu()], (eps, plan.steps, restart))

    return restarted(make, subject.images[rows], plan.restarts)


def _attack(
    subject: Subject, victim: Victim, plan: Plan, rows: Tensor, settings: tuple[float, int, int]
) -> Attack:
    eps, steps, restart = settings
    # Of two classes DLR is a constant.
    losses = LOSSES[:-1] if len(subject.victim.info.labels) < LEAST_CLASSES["evade"] else LOSSES
    goal = subject.goal(rows, DISTANCES[losses[restart % len(losses)]])
    draws = starts(plan.seed, f"check-pgd-{restart}", rows.tolist())
    norm, rate = norm_of(plan), 2.5 * eps / steps
    images = subject.images[rows]
    return pgd(images, victim, goal, eps=eps, rate=rate, steps=steps, norm=norm, generator=draws)


def squared(eps: float) -> Measure:
    """The Square attack."""

    def measure(subject: Subject, plan: Plan, ledger: Ledger, rows: list[int]) -> Seen:
        chosen = torch.tensor(rows)
        draws = starts(plan.seed, "check-square", rows)
        goal = subject.goal(chosen, margin)
        images = subject.images[chosen]
        queries = plan.queries
        attack = square(images, subject.victim, goal, eps=eps, queries=queries, generators=draws)
        return once(best_of_each(attack).success)

    return measure


def transferred(surrogate: int, eps: float) -> Measure:
    """PGD to the end on a surrogate; the victim looks at what came out once."""

    def measure(subject: Subject, plan: Plan, ledger: Ledger, rows: list[int]) -> Seen:
        chosen = torch.tensor(rows)
        attack = _attack(subject, subject.surrogates[surrogate], plan, chosen, (eps, plan.steps, 0))
        made = best_of_each(attack, never).image
        return once(judged(made, subject.victim, subject.goal(chosen)).success)

    return measure


def carlini(subject: Subject, plan: Plan, ledger: Ledger, rows: list[int]) -> Seen:
    """The smallest l2 change by Carlini & Wagner."""
    chosen = torch.tensor(rows)
    goal, images = subject.goal(chosen), subject.images[chosen]
    settings = {"rounds": plan.rounds, "steps": plan.inner}
    return sized(smallest_by_carlini_wagner(images, subject.victim, goal, first=0.1, **settings))


def lbfgs(subject: Subject, plan: Plan, ledger: Ledger, rows: list[int]) -> Seen:
    """The smallest l2 change by box-constrained L-BFGS, on the margin.

    The cross entropy of a confident net is flat: in single precision its slope is 0 and the search ends where
    it began.
    """
    chosen = torch.tensor(rows)
    goal, images = subject.goal(chosen, margin), subject.images[chosen]
    evaluations = max(10, plan.inner // 4)
    return sized(
        smallest_by_lbfgs(
            images, subject.victim, goal, first=0.1, rounds=plan.rounds, evaluations=evaluations
        )
    )


def radius(subject: Subject, plan: Plan, ledger: Ledger, rows: list[int]) -> Seen:
    """The smallest change in the norm of the check by PGD."""
    chosen, norm = torch.tensor(rows), norm_of(plan)
    goal, images = subject.goal(chosen, margin), subject.images[chosen]
    steps = plan.steps // 2
    return sized(smallest_by_pgd(images, subject.victim, goal, norm, high=plan.reach, steps=steps, rounds=6))
