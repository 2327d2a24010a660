"""What an article does to a detector, for both forms of a report: the table, and the curves."""

from typing import Any

from eot.evidence.detection import Detected, Estimate, detected
from eot.evidence.evaluation import ATTACK, BLANK, CLEAN, CONTROLS, NOISE, Evaluation
from eot.report.figures import INK, SELECT, TRAIN, drawn

FIGURES = ("recall", "average_precision", "lost", "renamed", "phantoms")
LINES = {ATTACK: (TRAIN, "-"), CLEAN: (INK, "-"), NOISE: (INK, ":"), BLANK: (SELECT, "--")}


def detection_record(evaluation: Evaluation) -> dict[str, Any] | None:
    """The figures of the first victim for every article, as plain values; None for classifiers."""
    if evaluation.seen.found is None:
        return None
    rows = _rows(evaluation)
    return {
        "threshold": round(float(evaluation.seen.found.threshold[0]), 4),
        "photos": rows[0].recall.photos,
        "interval": "photos as clusters (Korn & Graubard 1998); of areas, bootstrap over photos",
        "classes": rows[0].classes,
        "articles": [
            {"article": row.article, **{name: _estimate(getattr(row, name)) for name in FIGURES}}
            for row in rows
        ],
    }


def recall_curves(evaluation: Evaluation) -> tuple[str, ...]:
    """Precision over recall with every article, as one SVG; none for classifiers."""
    if evaluation.seen.found is None:
        return ()
    rows = _rows(evaluation)

    def draw(axes: Any) -> None:
        axes.grid(color=INK, alpha=0.12, linewidth=0.6)
        for row in rows:
            colour, line = LINES[row.article]
            points = (100 * row.curve.recall.numpy(), 100 * row.curve.precision.numpy())
            axes.step(*points, where="post", color=colour, linestyle=line, linewidth=1.4, label=row.article)
        axes.set(xlabel="recall, %", ylabel="precision, %", xlim=(-2, 102), ylim=(-2, 102))
        axes.legend(frameon=False, fontsize=8, loc="center")

    return (drawn("precision and recall", "precision over recall with each article", draw),)


def _rows(evaluation: Evaluation) -> list[Detected]:
    names = (name for name in (ATTACK, *CONTROLS) if name in evaluation.articles)
    return [detected(evaluation, name) for name in names]


def _estimate(estimate: Estimate) -> dict[str, Any]:
    shown = None if estimate.value is None else round(estimate.value, 6)
    return {"rate": shown, "low": round(estimate.low, 6), "high": round(estimate.high, 6), "n": estimate.n}
