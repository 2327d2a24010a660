"""What a report does not show, in sentences made from the evidence itself."""

from eot.evidence.cells import Cells
from eot.evidence.evaluation import Evaluation
from eot.report.words import extent, percent, plural


def limits(evaluation: Evaluation, cells: Cells) -> list[str]:
    """The sentences, the weightiest first."""
    found = [
        "Every view was rendered. Nothing was printed or photographed: paper, ink, wear and real light can "
        "lower the rate, and only photographs of the print can tell by how much.",
        _victims(evaluation),
        _range(evaluation),
        _uncounted(evaluation),
        _scenes(evaluation),
        _cells(cells),
        "An interval says what other draws of these views would give. It does not cover what the renderer "
        "gets wrong.",
    ]
    return [sentence for sentence in found if sentence]


def _victims(evaluation: Evaluation) -> str:
    names = ", ".join(judge.name for judge in evaluation.victims)
    which = "this model" if len(evaluation.victims) == 1 else "these models"
    return (
        f"It speaks of {which} with these weights ({names}). Other models may resist it or fail more often."
    )


def _range(evaluation: Evaluation) -> str:
    condition = evaluation.seen.condition
    spans = [
        f"{what} {extent(float(values.min()), float(values.max()), unit)}"
        for what, values, unit in (
            ("distance", condition.distance_m, " m"),
            ("yaw", condition.yaw_deg, "°"),
            ("pitch", condition.pitch_deg, "°"),
            ("roll", condition.roll_deg, "°"),
            ("azimuth", condition.azimuth_deg, "°"),
            ("elevation", condition.elevation_deg, "°"),
        )
        if float(values.max()) > float(values.min())
    ]
    where = ", ".join(spans) or "a single pose"
    return f"It holds within the conditions listed below ({where}); outside them nothing was measured."


def _uncounted(evaluation: Evaluation) -> str:
    left_out = 1 - evaluation.counted().float().mean().item()
    if left_out == 0:
        return ""
    return (
        f"{percent(left_out)} of the views do not count, because the rate is over {evaluation.denominator}. "
        "Of those views it says nothing."
    )


def _scenes(evaluation: Evaluation) -> str:
    scenes = len(evaluation.seen.condition.background.unique())
    if scenes < 2:
        return "All views have the same background."
    return f"The views show {scenes} backgrounds; the world has more."


def _cells(cells: Cells) -> str:
    few = sum(not cell.enough for cell in cells.cells)
    if few == 0 or len(cells.cells) < 2:
        return ""
    axes = f"{cells.down.word} and {cells.across.word}"
    return f"{few} of {plural(len(cells.cells), 'cell')} of {axes} hold too few views for a rate."
