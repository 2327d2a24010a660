"""The photos as a table for spreadsheets, and the verdict as plain values for JSON and the page."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from eot.evidence.evaluation import CLEAN
from eot.evidence.statistics import Rate
from eot.photos.grid import ENOUGH, PhotoCell
from eot.photos.measured import Measured
from eot.photos.pose import Pose
from eot.photos.verdict import Verdict, Versus

SCHEMA = 1
COLUMNS = (
    "photo", "arm", "reading", "confidence", "reaches_goal", "read_right", "distance_m", "yaw_deg",
    "pitch_deg", "roll_deg", "found", "markers_px", "pose_rms_px", "pose_ratio", "ambiguous", "focal_px",
    "focal_from", "pair", "notes",
)  # fmt: skip


def photos_csv(photos: Sequence[Measured], label: Mapping[int, str]) -> bytes:
    """One line a photo."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(_line(photo, label) for photo in photos)
    return text.getvalue().encode()


def _line(photo: Measured, label: Mapping[int, str]) -> list[str]:
    shot, lens = photo.shot, photo.lens
    return [
        shot.name,
        shot.arm,
        _safe(label.get(shot.reading[0], str(shot.reading[0]))),
        f"{shot.confidence[0]:.4f}",
        _yes(shot.reached),
        _yes(shot.right),
        _figure(photo.distance_m, 3),
        _figure(photo.yaw_deg, 2),
        *_turned(photo.pose),
        shot.found,
        _figure(shot.marker_px or None, 1),
        *_fit(photo.pose),
        _figure(lens.camera.focal_px if lens else None, 1),
        lens.source if lens else "",
        _safe(shot.pair),
        "; ".join(photo.notes),
    ]


def _turned(pose: Pose | None) -> list[str]:
    return ["", ""] if pose is None else [_figure(pose.pitch_deg, 2), _figure(pose.roll_deg, 2)]


def _fit(pose: Pose | None) -> list[str]:
    if pose is None:
        return ["", "", ""]
    return [_figure(pose.rms_px, 3), _figure(min(pose.ratio, 999.0), 2), _yes(pose.ambiguous)]


def _safe(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text


def _figure(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def _yes(value: bool | None) -> str:
    return "" if value is None else "yes" if value else "no"


def verdict_record(verdict: Verdict) -> dict[str, Any]:
    """The verdict as plain JSON values."""
    grid = verdict.grid
    return {
        "headline": {**rate_record(verdict.headline), "paired": verdict.paired,
                     "clean_spots": next((v.pairs.n for v in verdict.versus if v.control == CLEAN), 0)},
        "arms": [
            {"arm": a.name, "photos": a.photos, "clusters": a.clusters, "reached": rate_record(a.reached),
             "recognised": rate_record(a.right)} for a in verdict.arms
        ],
        "versus": [_versus(v) for v in verdict.versus],
        "prints": [{"print": name, **rate_record(rate)} for name, rate in verdict.prints],
        "distance_edges_m": list(grid.distance_edges_m),
        "yaw_edges_deg": list(grid.yaw_edges_deg),
        "enough": ENOUGH,
        "cells": [_cell(cell) for cell in grid.cells],
        "cells_covered": grid.covered,
        "photos_outside_plan": grid.outside,
        "photos_without_place": grid.placeless,
        "rank_correlation": grid.rank_correlation,
        "simulated": None if verdict.simulated is None else rate_record(verdict.simulated),
        "coverage": [asdict(c) for c in verdict.coverage],
        "level": verdict.level,
    }  # fmt: skip


def rate_record(rate: Rate) -> dict[str, Any]:
    """A rate with its interval."""
    shown = None if rate.rate is None else round(rate.rate, 6)
    return {
        "rate": shown,
        "low": round(rate.low, 6),
        "high": round(rate.high, 6),
        "successes": rate.successes,
        "n": rate.n,
    }


def _versus(versus: Versus) -> dict[str, Any]:
    difference = versus.difference
    return {
        "control": versus.control,
        "pairs": versus.pairs.n,
        "both": versus.pairs.both,
        "only_attack": versus.pairs.only_first,
        "only_control": versus.pairs.only_second,
        "neither": versus.pairs.neither,
        "difference": difference.value,
        "low": difference.low,
        "high": difference.high,
        "mcnemar_exact_p": versus.p_exact,
        "mcnemar_mid_p": versus.p_mid,
    }


def _cell(cell: PhotoCell) -> dict[str, Any]:
    return {
        "distance_m": list(cell.distance_m),
        "yaw_deg": list(cell.yaw_deg),
        "measured": rate_record(cell.measured),
        "enough": cell.enough,
        "simulated": None if cell.simulated is None else rate_record(cell.simulated),
        "agrees": cell.agrees,
    }
