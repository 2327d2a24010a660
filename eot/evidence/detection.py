"""What an article does to a detector: recall, average precision, and objects lost, renamed or made up.

Views of one photo resemble each other, and with one photo nothing is known about others. So shares have the
interval of views in clusters (Korn & Graubard 1998, `eot.evidence.statistics.clustered`). For areas there is
no such law: theirs come from drawing whole photos again and again with replacement (the bootstrap, Efron
1979), as much wider as Student's t asks for with few photos (Hesterberg 2015, section 4.3). Photos that all
agree are drawn in vain: there an area has no interval.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from scipy import stats
from torch import Tensor

from eot.evidence.evaluation import CLEAN, Evaluation
from eot.evidence.found import Found
from eot.evidence.matching import MATCH, Matches, matches
from eot.evidence.statistics import clustered
from eot.streams import generator_for
from eot.victims.detections import overlap

DRAWS = 200
# Areas that differ by less agree: sums of single precision in another order.
ALIKE = 1e-5


@dataclass(frozen=True)
class Estimate:
    """A figure over n objects (or frames) in some photos with its interval over photos; None without any."""

    value: float | None
    low: float
    high: float
    n: int
    photos: int


@dataclass(frozen=True)
class Curve:
    """Precision over recall as the threshold falls from the best detection to the weakest."""

    recall: Float[Tensor, " p"]
    precision: Float[Tensor, " p"]


@dataclass(frozen=True)
class Detected:
    """One article before one victim.

    Args:
        recall: objects found at the operating threshold, of all that are there.
        average_precision: the area under the curve, at IoU 0.5; the mean over classes where there are many.
        classes: how many there are.
        lost: objects found without the article and now taken for nothing, of those found without it.
        renamed: likewise, now taken for another class only.
        phantoms: frames with a detection at the operating threshold that is on no object and is not there
            without the article.
    """

    article: str
    recall: Estimate
    average_precision: Estimate
    lost: Estimate
    renamed: Estimate
    phantoms: Estimate
    curve: Curve
    classes: int


def detected(evaluation: Evaluation, article: str, victim: int = 0) -> Detected:
    """The figures of one article; of all classes, or of `label`, or else of the class to reach."""
    found, goal = evaluation.seen.found, evaluation.goal
    label = goal.label if goal.label is not None else goal.target
    assert found is not None
    photos, threshold = evaluation.seen.condition.background.cpu(), float(found.threshold[victim])
    here, clean = (
        matches(found, victim, evaluation.articles.index(name), label) for name in (article, CLEAN)
    )
    before = (clean.taken_at >= threshold) & found.present
    gone = before & (here.taken_at < threshold)
    renamed = gone & (here.renamed_at >= threshold)
    made_up = _phantoms(found, victim, (evaluation.articles.index(article), evaluation.articles.index(CLEAN)))
    seen = (here.taken_at >= threshold) & found.present
    level = evaluation.level
    return Detected(
        article,
        recall=_share(seen.sum(-1), found.present.sum(-1), photos, level),
        average_precision=_average_precision(here, found, photos, level),
        lost=_share((gone & ~renamed).sum(-1), before.sum(-1), photos, level),
        renamed=_share(renamed.sum(-1), before.sum(-1), photos, level),
        phantoms=_share(made_up, torch.ones_like(made_up), photos, level),
        curve=curve(here, found),
        classes=len(_classes(here)),
    )


def _phantoms(found: Found, victim: int, rows: tuple[int, int]) -> Int[Tensor, " n"]:
    """1 for each frame with a finding that is neither an object nor there without the article."""
    here, clean = rows
    threshold = float(found.threshold[victim])
    boxes, labels = found.boxes[victim], found.labels[victim]
    fires = (found.scores[victim, here] >= threshold) & (labels[here] >= 0)
    on_object = (overlap(boxes[here], found.objects) >= MATCH).any(-1)
    # What the clean frame already shows at half the threshold is no invention of the article.
    known = found.scores[victim, clean] >= threshold / 2
    same = (overlap(boxes[here], boxes[clean]) >= MATCH) & known[:, None]
    there = (same & (labels[here][..., None] == labels[clean][:, None])).any(-1)
    return (fires & ~on_object & ~there).any(-1).long()


def _classes(here: Matches) -> list[int]:
    return [int(label) for label in here.own.unique() if label >= 0]


def curve(
    here: Matches, found: Found, weight: Float[Tensor, " n"] | None = None, label: int | None = None
) -> Curve:
    """The precision-recall curve of a class, or of all together, each view counted `weight` times."""
    each = torch.ones(len(here.scores)) if weight is None else weight
    counts, there = here.hit | here.miss, found.present
    if label is not None:
        counts, there = counts & (here.labels == label), there & (here.own == label)
    rows, _ = counts.nonzero(as_tuple=True)
    order = here.scores[counts].argsort(descending=True, stable=True)
    hit, times = here.hit[counts][order], each[rows][order]
    right, wrong = (hit * times).cumsum(0), (~hit * times).cumsum(0)
    total = float((there.sum(-1) * each).sum())
    return Curve(right / max(total, 1.0), right / (right + wrong).clamp_min(1e-12))


def area(curve: Curve) -> float:
    """The area under a curve whose precision is the best at this recall or a higher one."""
    best = curve.precision.flip(0).cummax(0).values.flip(0)
    steps = curve.recall.diff(prepend=curve.recall.new_zeros(1))
    return float((steps * best).sum())


def _average_precision(here: Matches, found: Found, photos: Tensor, level: float) -> Estimate:
    """The mean area with its bootstrap interval.

    Where every draw of photos agrees (nothing is found in any, or all is right in all), or one photo alone
    shows objects, the photos do not tell how others differ, and for an area there is no law that does: both
    ends stay open, 0 to 1.
    """
    distinct, which = photos.unique(return_inverse=True)
    if int(found.present.sum()) == 0:
        return Estimate(None, 0.0, 1.0, 0, len(distinct))
    drawn = [_mean_area(here, found, times[which]) for times in _draws(len(distinct))]
    draws = torch.tensor([value for value in drawn if value is not None])
    n, value = (int(found.present.sum()), len(distinct)), _mean_area(here, found, torch.ones(len(photos)))
    assert value is not None  # there is an object
    telling = len(photos[found.present.any(-1)].unique())
    if telling < 2 or float(draws.max() - draws.min()) < ALIKE:
        return Estimate(value, 0.0, 1.0, *n)
    tail = (1 + level) / 2
    low, high = (float(draws.quantile(share)) for share in (1 - tail, tail))
    # The percentiles of few photos are too narrow, by these two factors.
    wider = stats.t.ppf(tail, telling - 1) / stats.norm.ppf(tail) * (telling / (telling - 1)) ** 0.5
    low, high = (min(1.0, max(0.0, value + wider * (end - value))) for end in (low, high))
    return Estimate(value, low, high, *n)


def _mean_area(here: Matches, found: Found, weight: Float[Tensor, " n"]) -> float | None:
    """The mean over the classes of which there is something in the views that count; None without any."""
    classes = [c for c in _classes(here) if bool(((here.own == c).any(-1) & (weight > 0)).any())]
    areas = [area(curve(here, found, weight, c)) for c in classes]
    return sum(areas) / len(areas) if areas else None


def _share(part: Tensor, whole: Tensor, photos: Tensor, level: float) -> Estimate:
    """The sum of `part` over the sum of `whole`, both per view, its photos being the clusters."""
    distinct, which = photos.unique(return_inverse=True)
    parts, wholes = (torch.bincount(which, x.double(), len(distinct)) for x in (part, whole))
    if float(wholes.sum()) == 0:
        return Estimate(None, 0.0, 1.0, 0, len(distinct))
    successes, sizes = ([int(x) for x in sums[wholes > 0].tolist()] for sums in (parts, wholes))
    rate = clustered(successes, sizes, level)
    return Estimate(rate.rate, rate.low, rate.high, rate.n, len(distinct))


def _draws(photos: int) -> Float[Tensor, "draws photos"]:
    """How often each photo is in each draw of as many photos."""
    generator = generator_for(0, "bootstrap over photos")
    picked = torch.randint(photos, (DRAWS, photos), generator=generator)
    return torch.zeros(DRAWS, photos).scatter_add_(1, picked, torch.ones(DRAWS, photos))
