"""The files of `eot photos`: the verdict as JSON and page, the table of photos, the contact sheet."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from eot.evidence.evaluation import Evaluation
from eot.photos.contact import contact_sheet
from eot.photos.framing import Cut
from eot.photos.measured import Measured, measure
from eot.photos.page import photos_page
from eot.photos.seen import CONTACT, PAGE, RECORD, TABLE, VIEWS, Viewed
from eot.photos.tables import SCHEMA, photos_csv, verdict_record
from eot.photos.verdict import verdict_of
from eot.runs.build import Frame
from eot.runs.product import Product


@dataclass(frozen=True)
class Outcome:
    """What came of all photos, and where it lies."""

    folder: Path
    report: dict[str, Any]
    photos: tuple[Measured, ...] = ()

    def record(self) -> dict[str, Any]:
        """For JSON."""
        return {"folder": str(self.folder), **self.report}

    def table(self) -> Group:
        """For people."""
        verdict = self.report["verdict"]
        table = Table(box=None, pad_edge=False)
        for column in ("article", "photos", "reaches the goal", "interval", "recognised"):
            table.add_column(column)
        for arm in verdict["arms"]:
            reached, right = arm["reached"], arm["recognised"]
            bounds = f"{100 * reached['low']:.1f} to {100 * reached['high']:.1f} %"
            table.add_row(arm["arm"], str(arm["photos"]), _share(reached), bounds, _share(right))
        lines = [self.report["headline"], *self.report["sentences"]]
        skipped = self.report["skipped"]
        lines += [f"skipped {s['file']}: {s['error']}" for s in skipped[:10]]
        if len(skipped) > 10:
            lines.append(f"skipped {len(skipped) - 10} more, see {self.folder / RECORD}")
        return Group(table, *(Text(line) for line in [*lines, f"report: {self.folder / PAGE}"]))


@dataclass(frozen=True)
class How:
    """What the victim got of each photo, the focal length if it was given, and the cells of the table."""

    cut: Cut
    focal_35mm: float | None
    bins: tuple[int, int]


@dataclass(frozen=True, eq=False)
class Written:
    """An outcome with the bytes of its files."""

    outcome: Outcome
    files: dict[str, bytes]


def outcome_files(
    place: Path,
    viewed: Sequence[Viewed],
    frame: Frame,
    product: Product,
    evaluation: Evaluation | None,
    how: How,
) -> Written:
    """The verdict on these files; pictures of the shots are read from `views` in `place`."""
    shots = [shot for each in viewed for shot in each.shots]
    photos, lenses = measure(shots, how.focal_35mm)
    photos.sort(key=lambda m: (m.shot.arm != "attack", m.shot.arm, m.distance_m or 0.0, m.shot.name))
    config = frame.config
    verdict = verdict_of(photos, dict(config.conditions), how.bins, evaluation, config.evaluation.level)
    # A detector may find nothing, which it reads as the class after its last.
    labels = dict(enumerate((*frame.victims[0][0].info.labels, "nothing")))
    record = verdict_record(verdict)
    report = {
        "schema": SCHEMA,
        "name": config.name,
        "article": product.title,
        "victims": [victim.info.name for victim, _ in frame.victims],
        "cut": how.cut.value,
        "headline": _headline(record),
        "sentences": _sentences(record),
        "lenses": lenses,
        "skipped": [{"file": v.file, "error": v.error} for v in viewed if v.error],
        "verdict": record,
    }
    views = _views(place, photos)
    contact = contact_sheet(photos, views, labels)
    files = {
        TABLE: photos_csv(photos, labels),
        CONTACT: contact,
        PAGE: photos_page(report, photos, views, labels),
        RECORD: (json.dumps(report, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode(),
    }
    return Written(Outcome(place, report, tuple(photos)), files)


def _views(place: Path, photos: Sequence[Measured]) -> dict[str, bytes]:
    paths = {m.shot.view: place / VIEWS / m.shot.view for m in photos}
    return {name: path.read_bytes() for name, path in paths.items() if path.is_file()}


def _share(rate: Mapping[str, Any]) -> str:
    return "–" if rate["rate"] is None else f"{100 * rate['rate']:.1f} %"


def _bounds(rate: Mapping[str, Any]) -> str:
    return f"{rate['successes']} of {rate['n']}, {100 * rate['low']:.1f} to {100 * rate['high']:.1f} %"


def _headline(verdict: Mapping[str, Any]) -> str:
    rate = verdict["headline"]
    if not rate["n"]:
        return "no photo of the attack: nothing is known about it"
    return f"the attack reaches its goal in {_share(rate)} ({_bounds(rate)}) of {_counted(rate)}"


def _counted(rate: Mapping[str, Any]) -> str:
    """What the headline is a share of; where that is all photos, why."""
    if rate["paired"]:
        return "spots with a clean photo that is right"
    if rate["clean_spots"]:
        return f"photos; the clean article was read rightly from none of {rate['clean_spots']} spots"
    return "photos; no clean photo to pair with"


def _sentences(verdict: Mapping[str, Any]) -> list[str]:
    """What else there is to say, in whole sentences."""
    lines = []
    for versus in verdict["versus"]:
        p = versus["mcnemar_mid_p"]
        test = "frames of videos are not independent: no test" if p is None else f"McNemar mid-p {p:.2g}"
        bounds = f"{100 * versus['low']:.1f} to {100 * versus['high']:.1f}"
        lines.append(
            f"{100 * versus['difference']:+.1f} points against {versus['control']} from the same "
            f"{versus['pairs']} spots ({bounds}, Tango; {test})"
        )
    cells = verdict["cells"]
    agree = [cell["agrees"] for cell in cells if cell["agrees"] is not None]
    covered = f"{verdict['cells_covered']} of {len(cells)} cells of the plan"
    lines.append(f"{covered} have at least {verdict['enough']} photos")
    if agree:
        lines.append(
            f"simulated rate inside the interval of the photos in {sum(agree)} of {len(agree)} cells"
        )
    rank = verdict["rank_correlation"]
    if rank is not None:
        lines.append(f"Spearman's rank correlation of simulated and measured cells: {rank:.2f}")
    return lines
