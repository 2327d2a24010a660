"""`eot calibrate`: the colours of printer and camera from a photo of the chart, as a print profile."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from rich.console import Group
from rich.text import Text

from eot.commands.photos import manifests
from eot.photos.board import board_of
from eot.photos.chart import Reading, read_chart
from eot.photos.markers import find_markers
from eot.photos.register import place
from eot.photos.response import (
    encoded,
    errors,
    fit_response,
    held_out_errors,
    prior_light,
    profile_of,
    scaled,
)
from eot.runs.folder import open_run
from eot.streams import generator_for
from renders.errors import InputError, RunError
from renders.photos import read_photo_file
from textures.printer.catalogue import read_profile
from textures.printer.profile import PrintProfile, encode_profile, identity
from textures.sheets.manifest import Target
from textures.write import write_files

# A fit this far from fields that it has not seen explains nothing: glare, another chart, tone mapping.
REFUSED = 6.0
WARNED = 4.0
FOLDER, PROFILE = "calibration", "print_profile.safetensors"


@dataclass(frozen=True)
class Request:
    """What the user asked for. `prior` is the print profile that comes nearest to the printer."""

    run: Path
    photo: Path
    prior: str = "fogra39"
    sheet: Path | None = None
    paper: str = ""


@dataclass(frozen=True)
class Calibrated:
    """ΔE2000 before and after, and where the profile lies."""

    profile: Path
    figures: dict[str, Any]

    def record(self) -> dict[str, Any]:
        """For JSON."""
        return {"profile": str(self.profile), **self.figures}

    def table(self) -> Group:
        """For people."""
        before, after = self.figures["before"], self.figures["held_out"]
        lines = [
            f"{self.figures['fields']} fields read; ΔE2000 mean / 95th percentile",
            f"  as if printed exactly   {before['mean']:.2f} / {before['p95']:.2f}",
            f"  calibrated, held out    {after['mean']:.2f} / {after['p95']:.2f}",
            *self.figures["notes"],
            f'profile: {self.profile}; use it with --set print.profile="{self.profile}"',
        ]
        return Group(*(Text(line) for line in lines))


def calibrate(request: Request) -> Calibrated:
    """Fits, judges by fields held out, and writes the profile into `calibration/` of the run.

    Raises InputError for a photo that cannot be used, RunError where the fit misses fields by more than 6.
    """
    folder = open_run(request.run)
    prior = read_profile(request.prior) or PrintProfile("none", identity(), identity())
    charts = [chart for manifest in manifests(folder, request.sheet) for chart in manifest.charts()]
    if not charts:
        raise InputError(
            f"{request.run}: expected a printed colour chart; found none: eot print {request.run}"
        )
    reading = _read(request.photo, charts)
    seen = encoded(scaled(prior, reading))
    held_out = held_out_errors(prior, reading, generator_for(0, "calibration folds"))
    figures: dict[str, Any] = {
        "fields": len(reading.asked),
        "before": _summary(errors(reading.asked, seen)),
        "prior": _summary(errors(encoded(prior_light(prior, reading.asked)), seen)),
        "held_out": _summary(held_out),
        "notes": [],
    }
    if figures["held_out"]["mean"] > REFUSED:
        raise RunError(
            f"{request.photo}: fields kept out of the fit are missed by ΔE {held_out.mean():.1f} on average "
            f"(at most {REFUSED:g}): photograph the chart evenly lit, without glare, HDR and filters"
        )
    if figures["held_out"]["mean"] > WARNED:
        figures["notes"] = ["the fit is rough: glare, HDR or a filter of the phone? A better photo pays"]
    digest = hashlib.sha256(request.photo.read_bytes()).hexdigest()
    notes = {
        "photo_sha256": digest,
        "prior": prior.name,
        "paper": request.paper,
        "held_out_mean": f"{figures['held_out']['mean']:.2f}",
        "held_out_p95": f"{figures['held_out']['p95']:.2f}",
    }
    name = f"{folder.config().name}-{digest[:8]}"
    profile = profile_of(fit_response(prior, reading), name, notes)
    record = json.dumps(figures, indent=2) + "\n"
    files = {PROFILE: encode_profile(profile), "calibration.json": record.encode()}
    return Calibrated(write_files(folder.path / FOLDER, files)[0], figures)


def _read(path: Path, charts: list[Target]) -> Reading:
    """The fields of the chart that the photo shows."""
    photo = read_photo_file(path)
    boards = [board_of(chart) for chart in charts]
    grey = cv2.cvtColor(photo.levels, cv2.COLOR_RGB2GRAY)
    found = place(find_markers(grey), boards)
    if not found:
        raise InputError(
            f"{path}: expected a photo of this run's colour chart; no markers found: photograph the "
            "whole page, flat and sharp"
        )
    chart = charts[boards.index(found[0].board)]
    try:
        return read_chart(photo.levels, found[0].homography, chart.cells)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def _summary(values: np.ndarray) -> dict[str, float]:
    mean, p95, worst = values.mean(), np.percentile(values, 95), values.max()
    return {"mean": round(float(mean), 3), "p95": round(float(p95), 3), "max": round(float(worst), 3)}
