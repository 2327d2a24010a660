"""The ways of hardening by name, and what each makes of the settings a user gave."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from eot.harden.lessons import Adversarial, Natural
from eot.harden.train import Course, Lesson
from renders.errors import InputError, nearest
from textures.norms import norm_named


@dataclass(frozen=True)
class Settings:
    """The numbers of a lesson; a method reads those it has a use for.

    Args:
        rate: length of an inner step; 0 = what the method is published with.
        share: of the loss on images that are not attacked.
        ramp: share of the course over which eps grows to its size.
    """

    eps: float = 0.3
    rate: float = 0.0
    steps: int = 7
    share: float = 0.5
    ramp: float = 0.4
    norm: str = "linf"
    temperature: float = 20.0


def _madry(settings: Settings) -> Adversarial:
    # Steps that together reach across the ball and half-way back, as in Madry et al. 2018, appendix.
    rate = settings.rate or 2.5 * settings.eps / settings.steps
    norm = norm_named(settings.norm)
    return Adversarial(settings.eps, rate, settings.steps, ramp=settings.ramp, norm=norm)


def _fast(settings: Settings) -> Adversarial:
    rate = settings.rate or 1.25 * settings.eps
    return Adversarial(settings.eps, rate, 1, ramp=settings.ramp, norm=norm_named(settings.norm))


def _mixed(settings: Settings) -> Adversarial:
    norm = norm_named(settings.norm)
    return Adversarial(
        settings.eps,
        settings.eps,
        1,
        random_start=False,
        share=settings.share,
        norm=norm,
    )


def _natural(settings: Settings) -> Natural:
    return Natural()


def _tempered(settings: Settings) -> Natural:
    """The teacher's lesson; the pupil's needs the teacher (see `eot.commands.harden`)."""
    return Natural(settings.temperature)


# What the weights, in float32, could still be moved by.
LARGEST = 1e38
# The method whose images are rendered while it learns (see `eot.harden.stickers`).
STICKERS = "stickers"
METHODS: dict[str, Callable[[Settings], Lesson]] = {
    "natural": _natural,
    "madry": _madry,
    "fast": _fast,
    "mixed": _mixed,
    "distil": _tempered,
    STICKERS: _natural,
}


def lesson_of(method: str, settings: Settings) -> Lesson:
    """The lesson of a method. Raises InputError for an unknown one and for numbers out of range."""
    if method not in METHODS:
        raise InputError(f"--method {method}: {nearest(method, METHODS)}")
    _check_ranges(
        (
            ("eps", settings.eps, 0.0, 1e6),
            ("rate", settings.rate, 0.0, 1e6),
            ("steps", settings.steps, 1, 10_000),
            ("share", settings.share, 0.0, 1.0),
            ("ramp", settings.ramp, 0.0, 1.0),
            ("temperature", settings.temperature, 1e-6, 1e6),
        )
    )
    return METHODS[method](settings)


def check_course(course: Course) -> None:
    """Raises InputError for numbers of a course that are out of range."""
    _check_ranges(
        (
            ("epochs", course.epochs, 1, 1e6),
            ("batch", course.batch, 1, 1e6),
            ("learning-rate", course.rate, 0.0, LARGEST),
            ("decay", course.decay, 0.0, LARGEST),
        )
    )


def _check_ranges(numbers: Iterable[tuple[str, float, float, float]]) -> None:
    for name, value, low, high in numbers:
        # Written so that what is no number fails it too.
        if not low <= value <= high:
            raise InputError(f"--{name}: expected {low:g} to {high:g}; got {value:g}: correct it")
