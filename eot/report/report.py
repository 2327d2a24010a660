"""A run's report as files: the exporter that the one writer puts on disk."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from eot.evidence.cells import cells
from eot.evidence.evaluation import Evaluation
from eot.evidence.findings import Finding
from eot.report.contents import ArticlePicture, Contents, Origin
from eot.report.gallery import Gallery
from eot.report.html import html_report
from eot.report.json_report import json_report
from eot.report.model import Model


def write_report(
    folder: Path,
    evaluation: Evaluation,
    *,
    provenance: Origin,
    metrics: Sequence[Mapping[str, Any]] = (),
    article: ArticlePicture | None = None,
    findings: Sequence[Finding] = (),
    gallery: Gallery | None = None,
    configuration: str = "",
    model: Model | None = None,
    down_cells: int = 5,
    across_cells: int = 6,
) -> dict[str, bytes]:
    """{"report.json": ..., "report.html": ...} of a run; `folder` gives the title only."""
    contents = Contents(
        title=folder.name or "report",
        evaluation=evaluation,
        cells=cells(evaluation, down_bins=down_cells, across_bins=across_cells),
        origin=provenance,
        findings=tuple(findings),
        metrics=metrics,
        article=article,
        gallery=gallery,
        model=model,
        configuration=configuration,
    )
    return {"report.json": json_report(contents), "report.html": html_report(contents)}
