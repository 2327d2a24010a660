"""What a check measures: its parts in the order in which they are measured, and how much effort each gets."""

from dataclasses import asdict, dataclass, replace
from typing import Any

from renders.errors import InputError, nearest

AREAS = (0.02, 0.05, 0.10)


@dataclass(frozen=True)
class Plan:
    """The settings of a check; with the subject and the seed they decide every number.

    Args:
        eps: radii in the norm, increasing.
        steps, restarts: of PGD; the losses take turns.
        queries: of the Square attack, for an image.
        minimal: on how many images the smallest changes are searched; L-BFGS on a third of them.
        rounds, inner: of the search for c, and steps in each of its rounds.
        articles, views: of the physical part: images, and fresh views of each.
    """

    eps: tuple[float, ...] = (1 / 255, 2 / 255, 4 / 255, 8 / 255)
    norm: str = "linf"
    seed: int = 0
    effort: str = "standard"
    steps: int = 40
    restarts: int = 2
    queries: int = 300
    minimal: int = 24
    rounds: int = 9
    inner: int = 100
    patched: int = 48
    articles: int = 16
    views: int = 16

    @property
    def reach(self) -> float:
        """The largest radius in which the smallest change in the norm of the check is looked for."""
        return 4 * self.eps[-1]

    def record(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "eps": list(self.eps)}


EFFORTS = {
    "quick": Plan(
        effort="quick",
        steps=10,
        restarts=1,
        queries=50,
        minimal=6,
        rounds=4,
        inner=40,
        patched=12,
        articles=4,
        views=8,
    ),
    "standard": Plan(),
    "thorough": Plan(
        effort="thorough",
        steps=100,
        restarts=5,
        queries=2000,
        minimal=100,
        inner=1000,
        patched=200,
        articles=64,
        views=64,
    ),
}


def plan_of(effort: str, eps: str, norm: str, seed: int) -> Plan:
    """The plan of an effort with these radii, written as `1/255,2/255` or `0.1,0.3`."""
    if effort not in EFFORTS:
        raise InputError(f"--effort: {effort!r} is none: {nearest(effort, EFFORTS)}")
    if not eps and norm != "linf":
        raise InputError(f"--eps: expected the radii in {norm}, such as 0.25,0.5,1; got none: name them")
    radii = tuple(fraction(text) for text in eps.split(",")) if eps else EFFORTS[effort].eps
    if list(radii) != sorted(set(radii)) or radii[0] <= 0:
        raise InputError(f"--eps: expected increasing radii above 0; got {eps}: sort them")
    if len({written(radius) for radius in radii}) < len(radii):
        raise InputError(f"--eps: expected radii that six digits tell apart; got {eps}: leave some out")
    if norm == "linf" and radii[-1] > 1:
        raise InputError(
            f"--eps: expected radii on the scale of images in [0, 1]; got {radii[-1]:g}: divide by 255"
        )
    return replace(EFFORTS[effort], eps=radii, norm=norm, seed=seed)


def fraction(text: str) -> float:
    """The number in `8/255` or `0.03`."""
    above, _, below = text.strip().partition("/")
    try:
        value = float(above) / float(below or 1)
    except (ValueError, ZeroDivisionError):
        raise InputError(f"expected a number such as 8/255 or 0.03; got {text!r}: correct it") from None
    if not 0 <= value < float("inf"):
        raise InputError(f"expected a finite number of at least 0; got {text!r}: correct it")
    return value


def written(eps: float) -> str:
    """A radius as people write it: `0.2` and `1`, but `8/255` for what takes many digits otherwise.

    In every norm: 128/255 is a usual radius in l2. No other number of few digits is a tenth of a level.
    """
    levels, plain = eps * 255, f"{eps:g}"
    tenths = abs(10 * levels - round(10 * levels)) < 1e-5
    return f"{levels:g}/255" if 0.05 < levels <= 255 and len(plain) > 5 and tenths else plain
