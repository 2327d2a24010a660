"""Two renderers on the same views: the rate of each, and their ratio with an interval."""

from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Bool
from torch import Tensor

from eot.evidence.evaluation import ATTACK, Evaluation
from eot.evidence.statistics import LEVEL, Rate, rate_of
from eot.streams import generator_for

RESAMPLES = 4000


@dataclass(frozen=True)
class Comparison:
    """Success in the path tracer and in our renderer, on the views that count in both.

    `kept` is the first over the second, with its interval from resampling views (paired bootstrap); all
    three are None where ours has no success to keep.
    """

    field: Rate
    ours: Rate
    kept: float | None
    low: float | None
    high: float | None

    def record(self) -> dict[str, Any]:
        """For JSON."""
        rates = {"path_tracer": self.field, "renderer": self.ours}
        figures: dict[str, Any] = {
            name: {"successes": r.successes, "n": r.n, "rate": r.rate, "low": r.low, "high": r.high}
            for name, r in rates.items()
        }
        return {"schema": 1, **figures, "kept": {"ratio": self.kept, "low": self.low, "high": self.high}}

    @property
    def words(self) -> str:
        """In one line."""
        if self.kept is None or self.low is None or self.high is None:
            return f"of {self.field.n} views that count in both renderers ours has no success to keep"
        share = f"{100 * self.kept:.0f} % ({100 * self.low:.0f} to {100 * self.high:.0f} %)"
        return (
            f"the path tracer keeps {share} of the success: {100 * (self.field.rate or 0):.1f} % against "
            f"{100 * (self.ours.rate or 0):.1f} % in our renderer, on {self.field.n} views that count in both"
        )


def compare(field: Evaluation, ours: Evaluation, seed: int, level: float = LEVEL) -> Comparison:
    """The comparison of two evaluations of one article under the same conditions."""
    counted = field.counted() & ours.counted()
    there, here = field.reached(ATTACK)[counted], ours.reached(ATTACK)[counted]
    kept, low, high = ratio(there, here, seed, level)
    return Comparison(rate_of(there, level), rate_of(here, level), kept, low, high)


def ratio(
    first: Bool[Tensor, " n"], second: Bool[Tensor, " n"], seed: int, level: float = LEVEL
) -> tuple[float | None, float | None, float | None]:
    """Rate of the first over that of the second on the same views, its interval; None if the second is 0."""
    if not bool(second.any()):
        return None, None, None
    draws = torch.randint(len(first), (RESAMPLES, len(first)), generator=generator_for(seed, "field"))
    wins, base = first[draws].double().mean(1), second[draws].double().mean(1)
    share = (wins[base > 0] / base[base > 0]).sort().values
    tail = (1 - level) / 2
    low, high = (float(share.quantile(part)) for part in (tail, 1 - tail))
    if low == high:
        # All views alike: resampling them shows no spread, although there may be some in views not drawn.
        one, other = rate_of(first, level), rate_of(second, level)
        low, high = one.low / other.high, one.high / other.low
    return float(first.double().mean() / second.double().mean()), low, high
