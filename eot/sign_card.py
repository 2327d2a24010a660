"""The model card of a sign classifier: what it learned from, how well it reads, what it is not for."""

from dataclasses import dataclass

from eot.evidence.statistics import Rate
from eot.grade_signs import Exam, Grades
from eot.train_signs import Plan

RATE = ("right", "accuracy", "95 % interval")


@dataclass(frozen=True)
class Origin:
    """How the weights were made.

    Args:
        sha256: fingerprint of the weights, as `eot victims` shows it.
        size_bytes: of the file.
        machine: what training can depend on besides the seed, e.g. torch version and threads.
    """

    variant: str
    arch: str
    seed: int
    sha256: str
    size_bytes: int
    machine: str


@dataclass(frozen=True)
class Report:
    """Grades on clean faces, and with a sticker of colour noise or of one colour on a fifth of the canvas."""

    clean: Grades
    noise: Grades
    plain: Grades

    def headline(self, stop: str) -> list[tuple[str, Rate]]:
        """The accuracies to be quoted, by name."""
        arms = (("clean", self.clean), ("noise sticker", self.noise), ("plain sticker", self.plain))
        named = [(f"{name}, all signs", grades.accuracy()) for name, grades in arms]
        return named + [(f"{name}, {stop}", grades.of_sign(stop)) for name, grades in arms]


def card(origin: Origin, plan: Plan, exam: Exam, report: Report, stop: str) -> str:
    """The card as Markdown; every rate with its 95 % Clopper-Pearson interval."""
    clean = report.clean
    signs = sorted(clean.labels, key=lambda label: clean.of_sign(label).successes)
    parts = [
        f"# {origin.variant}",
        _purpose(origin, len(clean.labels)),
        "## Accuracy",
        f"`graded_conditions()`: 3 to 25 m, yaw ±45°, pitch ±15°, roll ±10°, all light, the full sensor; "
        f"{exam.views} fresh views of every sign over {exam.backgrounds} scenes that training never saw. "
        "Stickers cover 20 % of the square canvas, at random places, new ones every 10 views; "
        "they may hide the very digit that tells two signs apart.",
        _table(("views", *RATE), [_row(n, r) for n, r in report.headline(stop)]),
        "By distance, clean:",
        _table(
            ("distance", *RATE),
            [_row(f"{a:g} to {b:g} m", rate) for a, b, rate in clean.by_distance()],
        ),
        "Commonest mistakes, clean:",
        _table(("shown", "read", "times"), [(a, b, str(n)) for a, b, n in clean.confusions()]),
        "By sign, clean, worst first:",
        _table(("sign", *RATE), [_row(s, clean.of_sign(s)) for s in signs]),
        "## Training",
        _training(origin, plan, len(clean.labels)),
        "## Limits",
        "It knows drawings and synthetic light. It was never shown a real photograph, a night, rain, dirt or "
        "another camera than a 12 Mpx phone at 26 mm, and it names a sign in every picture, whether there is "
        "one or not. It is a target for tests: never use it to drive, or to judge a real sign.",
    ]
    return "\n\n".join(parts) + "\n"


def _purpose(origin: Origin, classes: int) -> str:
    return (
        f"Sign classifier of eot, made to be attacked: architecture `{origin.arch}`, 64 x 64 px sRGB in, "
        f"logits of the {classes} signs of `eot signs` out. {origin.size_bytes / 1e6:.2f} MB, Apache-2.0, "
        f"fingerprint `{origin.sha256}`."
    )


def _training(origin: Origin, plan: Plan, classes: int) -> str:
    views = plan.rounds * plan.views * classes
    return (
        f"    eot train-signs --variant {origin.variant} --seed {origin.seed} --epochs {plan.epochs}\n\n"
        f"{views:,} views of the catalogue's own drawings, made by this product's renderer over "
        f"{plan.backgrounds} procedural scenes; no data of anyone else. Poses, light and exposure are wider "
        "than graded (2 to 30 m, yaw ±52°, pitch ±20°, roll ±15°); two fifths of the faces carry random "
        "stickers on up to 22 % of the canvas. "
        f"{plan.epochs} epochs of AdamW, batch {plan.batch}, one-cycle rate {plan.rate:g}, weight decay "
        f"{plan.decay:g}, bfloat16 products. The same seed gives the same fingerprint with the same "
        f"version of eot and torch on a like machine ({origin.machine}); elsewhere the last bits differ."
    )


def _row(name: str, rate: Rate) -> tuple[str, ...]:
    share = "none seen" if rate.rate is None else f"{rate.rate:.2%}"
    return name, f"{rate.successes:,} of {rate.n:,}", share, f"{rate.low:.2%} to {rate.high:.2%}"


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
