"""Madry et al.'s tables: a PGD-trained network under attacks made on itself and on three other sources.

Madry et al. 2018, tables 1 (MNIST) and 2 (CIFAR-10), figure 6 (accuracy over eps).
"""

from collections.abc import Generator
from dataclasses import dataclass

import torch
from jaxtyping import Bool
from torch import Tensor

from eot.commands.tick import Tick
from eot.data import Data, load_data
from eot.evidence.statistics import Rate, paired_difference, pairs, rate_of
from eot.harden.methods import Settings
from eot.harden.train import Course
from eot.studies.figures import Curves, curves
from eot.studies.madry_rows import Ball, Exam, Row
from eot.studies.page import Figure, Page, Table, percent
from eot.studies.study import SHORT, Setup, Wanted, commands, networks
from eot.victims import Victim

SOURCES = ("A", "A'", "A_nat", "B")

# The images of a row and which of them survived it.
Seen = tuple[Data, Bool[Tensor, " n"]]


@dataclass(frozen=True)
class Bench:
    """A table to repeat: the networks, the ball, the rows, the radii of the curves; images of a quick row."""

    nets: tuple[Wanted, Wanted, Wanted, Wanted]
    ball: Ball
    rows: tuple[Row, ...]
    linf: tuple[float, ...]
    l2: tuple[float, ...]
    few: int = 30


def _rows(source: str, papers: dict[str, float], steps: tuple[int, int, int]) -> list[Row]:
    """The rows of a source; `steps` of the short and the long PGD, and of C&W's loss."""
    short, long, margin = steps

    def row(name: str, kind: str, count: int, restarts: int = 1, kappa: float = 0.0) -> Row:
        return Row(name, kind, source, count, restarts, papers.get(name), kappa)

    rows = [row("FGSM", "fgsm", 1), row(f"PGD-{short}", "pgd", short)]
    if source == "A":
        rows += [
            row(f"PGD-{long}", "pgd", long),
            row(f"PGD-{short} × 20", "pgd", short, 20),
            row("targeted", "targeted", short),
        ]
    if source in ("A", "A'"):
        rows.append(row(f"PGD-{long} × 20", "pgd", long, 20))
    return [*rows, row("CW", "margin", margin), row("CW+", "margin", margin, kappa=50.0)]


DIGITS_PAPER = {
    "A": {
        "FGSM": 95.6,
        "PGD-40": 93.2,
        "PGD-100": 91.8,
        "PGD-40 × 20": 90.4,
        "PGD-100 × 20": 89.3,
        "targeted": 92.7,
        "CW": 94.0,
        "CW+": 93.9,
    },
    "A'": {"FGSM": 96.8, "PGD-40": 96.0, "PGD-100 × 20": 95.7, "CW": 97.0, "CW+": 96.4},
    "B": {"FGSM": 95.4, "PGD-40": 96.4, "CW+": 95.7},
}
COLOUR_PAPER = {
    "A": {"FGSM": 56.1, "PGD-7": 50.0, "PGD-20": 45.8, "CW": 46.8},
    "A'": {"FGSM": 67.0, "PGD-7": 64.2, "CW": 78.7},
    "A_nat": {"FGSM": 85.6, "PGD-7": 86.0},
}
# Chosen on 2,000 training digits by nets that learned from the other 8,000.
LESSON = Settings(eps=0.3, rate=0.1, steps=5, ramp=0.3)
COURSE = Course(epochs=60, batch=100, rate=4e-3, decay=1e-4)
CIFAR_LESSON = Settings(eps=8 / 255, rate=2 / 255, steps=7, ramp=0.0)
CIFAR_COURSE = Course(epochs=60, batch=128, rate=2e-3, decay=5e-4)
# A batch of these residual nets takes seven seconds of a CPU against seven inner steps.
FEW = "0:60"

DIGITS = Bench(
    (
        Wanted("digit-A", "digit-small", "madry", LESSON, COURSE),
        Wanted("digit-Aprime", "digit-small", "madry", LESSON, COURSE, seed=1),
        Wanted("digit-Anat", "digit-small", course=SHORT, seed=2),
        Wanted("digit-B", "digit-strided", course=SHORT, seed=3),
    ),
    Ball(0.3, 0.01),
    (
        Row("natural", "natural", "A", 0, 0, 98.8),
        *(row for source in SOURCES for row in _rows(source, DIGITS_PAPER.get(source, {}), (40, 100, 40))),
    ),
    (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4),
    (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0),
)
COLOURS = Bench(
    (
        Wanted("colour-A", "colour-res", "madry", CIFAR_LESSON, CIFAR_COURSE, shift_px=4, quick_rows=FEW),
        Wanted(
            "colour-Aprime",
            "colour-res",
            "madry",
            CIFAR_LESSON,
            CIFAR_COURSE,
            seed=1,
            shift_px=4,
            quick_rows=FEW,
        ),
        Wanted("colour-Anat", "colour-res", course=CIFAR_COURSE, seed=2, shift_px=4, quick_rows=FEW),
        Wanted("colour-B", "colour-plain", course=CIFAR_COURSE, seed=3, shift_px=4, quick_rows=FEW),
    ),
    Ball(8 / 255, 2 / 255),
    (
        Row("natural", "natural", "A", 0, 0, 87.3),
        *(row for source in SOURCES for row in _rows(source, COLOUR_PAPER.get(source, {}), (7, 20, 30))),
    ),
    (0.0, 2 / 255, 4 / 255, 6 / 255, 8 / 255, 12 / 255, 16 / 255),
    (0.0, 0.25, 0.5, 1.0, 1.5),
    few=12,
)


def madry(setup: Setup) -> Generator[Tick, None, Page]:
    """The page of the study: digits for grey images, the CIFAR-10 table for colour ones."""
    whole = load_data(setup.spec("test"))
    bench = DIGITS if whole.images.take(torch.arange(1)).shape[1] == 1 else COLOURS
    a, *others = yield from networks(setup, bench.nets)
    victims = dict(zip(SOURCES, (a, *others), strict=True))
    cache = setup.models / ("madry-quick.json" if setup.quick else "madry.json")
    seen: dict[Row, Seen] = {}
    for row in sorted(bench.rows, key=lambda row: -row.steps * row.restarts):
        data = part_of(whole, setup, row, bench.few)
        exam = Exam(a, data, bench.ball, setup.seed)
        spared = outlasting(row, data, seen)
        seen[row] = data, (yield from exam.survivors(row, victims[row.source], cache, spared))
    lines = [(row, rate_of(seen[row][1])) for row in bench.rows]
    points = {}
    for norm, radii in (("linf", bench.linf), ("l2", bench.l2)):
        points[norm] = yield from curve(
            a, whole.sample(setup.of(setup.images or 300, bench.few), setup.seed), norm, radii, setup
        )
    return Page(
        "Resistance to adversarial attacks: the tables of Madry et al.",
        (
            _ABOUT,
            f"The ball: eps {bench.ball.eps:.3g}, steps of {bench.ball.rate:.3g}. In order A, A', A_nat, B.",
            commands(setup, bench.nets),
            table(lines),
            verdict(seen),
            Figure(
                "curves.png",
                _CURVES,
                curves([_panel("l∞", bench.linf, points["linf"]), _panel("l2", bench.l2, points["l2"])]),
            ),
            curve_table(bench, points),
        ),
    )


def part_of(whole: Data, setup: Setup, row: Row, few: int) -> Data:
    """The images of a row: all that were asked for; of a few a tenth where it has twenty restarts."""
    if setup.quick:
        return whole.sample(max(1, few // 10) if row.restarts > 1 else few, setup.seed)
    return whole.sample(setup.images or len(whole), setup.seed)


def outlasting(row: Row, data: Data, seen: dict[Row, Seen]) -> Bool[Tensor, " m"] | None:
    """Which images survive a longer white-box PGD from the same starts; None where there is none.

    Its iterates are among those of the longer one, and each of them counts: who outlasts the longer one
    outlasts it too, up to the rounding of sums over other batches.
    """
    for longer, (same, alive) in seen.items():
        alike = row.source == longer.source == "A" and row.kind == longer.kind == "pgd"
        within = row.steps <= longer.steps and row.restarts <= longer.restarts
        if alike and within and same.sha256 == data.sha256:
            return alive
    return None


def curve(
    victim: Victim, data: Data, norm: str, radii: tuple[float, ...], setup: Setup
) -> Generator[Tick, None, list[Rate]]:
    """Accuracy under PGD over the radius; steps are 2.5 radii long together."""
    rates, alive = [], data
    lost = 0
    for radius in radii:
        steps = setup.of(40, 10)
        ball = Ball(radius, 2.5 * radius / steps, norm)
        row = Row(f"{norm} {radius:.3g}", "pgd", "A", steps, 1, None)
        survived = yield from Exam(victim, alive, ball, setup.seed).survivors(row, victim)
        # Who falls in a small ball falls in every larger one that holds it.
        rates.append(rate_of(torch.cat([survived, torch.zeros(lost, dtype=torch.bool)])))
        lost += int((~survived).sum())
        if not bool(survived.any()):
            rates += [rate_of(torch.zeros(len(data), dtype=torch.bool))] * (len(radii) - len(rates))
            break
        alive = alive.part(survived.nonzero()[:, 0])
    return rates


def table(lines: list[tuple[Row, Rate]]) -> Table:
    """Every row with the paper's figure beside it."""
    rows = [
        (row.name, row.source, row.steps or None, row.restarts or None, rate.n, percent(rate), row.paper)
        for row, rate in lines
    ]
    columns = ("attack", "source", "steps", "restarts", "n", "accuracy % (95 % interval)", "paper %")
    return Table("Accuracy of the PGD-trained network A", columns, tuple(rows))


def verdict(seen: dict[Row, Seen]) -> str:
    """Whether a black-box row is stronger, beyond chance, than the white-box row on the same images."""
    white = {row.name: alive for row, (_, alive) in seen.items() if row.source == "A"}
    stronger = []
    for row, (_, alive) in seen.items():
        more = paired_difference(pairs(~alive, ~white[row.name]))
        if row.source != "A" and more.low > 0:
            rates = percent(rate_of(alive)), percent(rate_of(white[row.name]))
            stronger.append(f"{row.name} from {row.source} ({rates[0]} against {rates[1]})")
    if stronger:
        said = "**Black-box rows that are stronger than their white-box row**: " + "; ".join(stronger) + "."
    else:
        said = (
            "No black-box row fools more than its white-box row on the same images, beyond chance (Tango's "
            "paired 95 % interval): no sign of masked gradients."
        )
    return f"{said} {matched(seen)}"


def matched(seen: dict[Row, Seen]) -> str:
    """How many of the images that fall to another network's gradients outlast the longest white-box row.

    Where gradients are masked, transfer finds what the strongest attack on the network itself does not.
    """
    longest = max((row for row in seen if row.source == "A"), key=lambda row: row.steps * row.restarts)
    data, alive = seen[longest]
    fallen = torch.zeros_like(alive)
    for row, (same, survived) in seen.items():
        if row.source != "A" and same.sha256 == data.sha256:
            fallen |= ~survived
    return (
        f"Of the {int(fallen.sum())} images that fall to a row made on another network, "
        f"{int((fallen & alive).sum())} outlast {longest.name} made on A itself."
    )


def curve_table(bench: Bench, points: dict[str, list[Rate]]) -> Table:
    """The numbers behind the curves."""
    rows = [
        (norm, float(radius), percent(rate))
        for norm, radii in (("linf", bench.linf), ("l2", bench.l2))
        for radius, rate in zip(radii, points[norm], strict=True)
    ]
    return Table("Accuracy over eps", ("norm", "eps", "accuracy %"), tuple(rows))


def _panel(name: str, radii: tuple[float, ...], rates: list[Rate]) -> Curves:
    lines = {
        "accuracy": [rate.rate or 0.0 for rate in rates],
        "_low": [rate.low for rate in rates],
        "_high": [rate.high for rate in rates],
    }
    return Curves(f"PGD within {name}", radii, lines, "eps", "accuracy")


_ABOUT = """\
Network A is trained by PGD in a ball of the l∞ norm. A' is its architecture with another seed, A_nat its
architecture trained on clean images, B another architecture trained on clean images. Attacks are made on
the source and judged on A. A white-box row counts an image as lost at the first iterate that is misread,
a black-box row judges the strongest iterate on its source; restarts go on with the images that are left,
which is exact. Gradients are computed in bfloat16 where the processor multiplies in it, every verdict in
float32."""
_CURVES = "Accuracy of A over the radius of the ball, with its 95 % interval."
