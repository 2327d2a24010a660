"""Smallest changes by box-constrained L-BFGS, and how many of them fool networks they were not made on.

Szegedy et al. 2014, section 4: different weight decay and architecture (table 1), disjoint halves of the
training set (tables 2 to 4), with Gaussian noise of the same standard deviation as the control.
"""

from collections.abc import Generator
from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from eot.commands.tick import Tick
from eot.data import load_data
from eot.evidence.statistics import rate_of
from eot.objectives import Targeted
from eot.search.weight import smallest_by_lbfgs
from eot.streams import generator_for
from eot.studies.figures import pictures
from eot.studies.page import Figure, Page, Table, Value, percent
from eot.studies.study import SHORT, Setup, Wanted, commands, networks, shown_to
from eot.victims import Victim
from renders.errors import InputError


def _linear(decay: float) -> Wanted:
    return Wanted(
        f"digit-linear-decay-{decay:g}",
        "digit-linear",
        course=replace(SHORT, decay=decay),
    )


SAME_SET = (
    _linear(1e-4),
    _linear(1e-1),
    _linear(10.0),
    Wanted("digit-dense-100", "digit-dense-100"),
    Wanted("digit-dense-200", "digit-dense-200"),
)
SHOWN = 10


@dataclass(frozen=True)
class Made:
    """The smallest changes found on one network: of the images it reads right and is fooled on."""

    clean: Float[Tensor, "n c h w"]
    changed: Float[Tensor, "n c h w"]
    labels: Int[Tensor, " n"]
    tried: int

    def deviation(self) -> float:
        """The mean over images of sqrt(mean over pixels of the squared change), as in the paper."""
        return float((self.changed - self.clean).flatten(1).square().mean(1).sqrt().mean())

    def noisy(self, seed: int) -> Float[Tensor, "n c h w"]:
        """The images with Gaussian noise of each change's own standard deviation, clipped to the range."""
        size = (self.changed - self.clean).flatten(1).square().mean(1).sqrt()
        noise = torch.randn(self.clean.shape, generator=generator_for(seed, "gaussian")).to(self.clean)
        return (self.clean + size[:, None, None, None] * noise).clamp(0, 1)


def halves(setup: Setup) -> tuple[Wanted, ...]:
    """Networks taught the first and the second half of the training set."""
    half = len(load_data(setup.spec("train"))) // 2
    first, second = f"0:{half}", f"{half}:{2 * half}"
    return (
        Wanted("digit-dense-100-first", "digit-dense-100", rows=first),
        Wanted("digit-dense-123-first", "digit-dense-123", rows=first),
        Wanted("digit-dense-100-second", "digit-dense-100", rows=second, seed=1),
    )


def lbfgs_transfer(setup: Setup) -> Generator[Tick, None, Page]:
    """The page of the study."""
    tables: list[Table] = []
    shown: list[Tensor] = []
    names: list[str] = []
    parts = halves(setup)
    for title, wanted in ((_SAME, SAME_SET), (_DISJOINT, parts)):
        victims = yield from networks(setup, wanted)
        sets = []
        for one, victim in zip(wanted, victims, strict=True):
            yield Tick("L-BFGS", len(shown), len(SAME_SET) + len(parts), one.name)
            sets.append(smallest(victim, setup))
            shown.append(sets[-1].changed[:SHOWN])
            names.append(short(one))
        tables.append(cross_errors(title, [short(one) for one in wanted], victims, sets, setup.seed))
    least = min(len(images) for images in shown)
    return Page(
        "Smallest changes by L-BFGS, and their transfer",
        (
            _ABOUT,
            commands(setup, (*SAME_SET, *parts)),
            *tables,
            Figure("digits.png", _DIGITS, pictures([s[:least] for s in shown], names)),
        ),
    )


def short(wanted: Wanted) -> str:
    """The name of a network in tables and figures."""
    return wanted.name.removeprefix("digit-")


def smallest(victim: Victim, setup: Setup) -> Made:
    """The smallest changes towards a random other class, for test images that are read right.

    Raises InputError where none is, or where no change is found for any: there is nothing to transfer.
    """
    data = setup.test(60, 12)
    images, labels = shown_to(victim, data)
    shift = torch.randint(
        1,
        len(data.classes),
        labels.shape,
        generator=generator_for(setup.seed, "targets"),
    ).to(labels)
    with torch.no_grad():
        right = victim(images.expand(-1, 3, -1, -1)).argmax(1) == labels
    images, labels, targets = (
        images[right],
        labels[right],
        ((labels + shift) % len(data.classes))[right],
    )
    _check_some(len(images), len(right), victim, "test images that it reads right")
    rounds, evaluations = setup.of(7, 5), setup.of(40, 20)
    found = smallest_by_lbfgs(images, victim, Targeted(targets), rounds=rounds, evaluations=evaluations)
    hit = found.success
    _check_some(int(hit.sum()), len(hit), victim, "changes that make it answer the class that is wanted")
    return Made(images[hit], found.image[hit], labels[hit], len(images))


def _check_some(count: int, tried: int, victim: Victim, what: str) -> None:
    if not count:
        raise InputError(
            f"{victim.info.name}: expected {what}; got none of {tried}: give it data to learn from, "
            "or leave out --quick"
        )


def cross_errors(title: str, names: list[str], victims: list[Victim], sets: list[Made], seed: int) -> Table:
    """Errors of every network (columns) on what was changed for each (rows), and on the noisy controls."""
    rows: list[tuple[Value, ...]] = []
    for name, made in zip(names, sets, strict=True):
        errors = [percent(rate_of(misread(victim, made.changed, made.labels))) for victim in victims]
        control = [misread(victim, made.noisy(seed), made.labels) for victim in victims]
        worst = max(control, key=lambda wrong: int(wrong.sum()))
        rows.append(
            (
                name,
                f"{len(made.labels)} of {made.tried}",
                made.deviation(),
                *errors,
                percent(rate_of(worst)),
            )
        )
    columns = (
        "made on",
        "found",
        "s.d.",
        *(f"error of {name} %" for name in names),
        "noise of that s.d., worst %",
    )
    return Table(title, columns, tuple(rows))


@torch.no_grad()
def misread(
    victim: Victim, images: Float[Tensor, "n c h w"], labels: Int[Tensor, " n"]
) -> Bool[Tensor, " n"]:
    """Which images are not read as their label."""
    return victim(images.expand(-1, 3, -1, -1)).argmax(1) != labels


_ABOUT = """\
Szegedy et al. (2014) looked for the smallest change that makes a network answer a chosen wrong class, by
box-constrained L-BFGS with a search for the weight of the loss, and found that many of these images are
misread by networks with other weights, other layers or another half of the training set, while noise of
the same size is not."""
_SAME = "Errors on changes made on one network (rows), 95 % intervals: weight decay and architecture"
_DISJOINT = "The same for networks trained on disjoint halves (first, second) of the training set"
_DIGITS = (
    "The first digits each network reads right, with the smallest change that makes it answer another class."
)
