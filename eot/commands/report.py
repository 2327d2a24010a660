"""`eot report`: the pages of a run, made anew from the evidence that its directory holds."""

from collections.abc import Generator
from pathlib import Path

import torch

from eot.commands.measure import articles_of, origin_of, write_evidence
from eot.commands.print import product_of
from eot.commands.summary import read_summary
from eot.commands.tick import Tick
from eot.evidence.findings import Finding, Grade
from eot.report.gallery import gallery
from eot.runs.build import build, frame_of
from eot.runs.folder import open_run
from eot.runs.provenance import read_provenance
from eot.runs.records import decode_evaluation
from renders.errors import InputError


def report(path: Path, device: torch.device) -> Generator[Tick, None, list[Path]]:
    """Writes report.html and report.json again; the numbers are those that were measured."""
    folder = open_run(path)
    product = product_of(folder)
    if not folder.evidence_path.is_file():
        raise InputError(f"{path}: the run was not measured yet: eot attack {path} --resume")
    evaluation = decode_evaluation(folder.evidence_path.read_bytes(), str(folder.evidence_path))
    checks = read_summary(path).report["checks"]
    findings = tuple(Finding(check["name"], Grade(check["level"]), check["text"]) for check in checks)
    yield Tick("report", 0, 2)
    config = folder.config()
    frame = frame_of(config, device)
    built = build(frame, product.mask)
    yield Tick("report", 1, 2)
    problem, bare = frame.problem(), frame.bare_problem()
    shown = gallery(problem, articles_of(built, product), evaluation, seed=config.seed, bare=bare)
    origin = origin_of(read_provenance(folder.provenance_path), product)
    write_evidence(path, folder, built, product, (evaluation, shown), findings, origin)
    yield Tick("report", 2, 2)
    return [folder.page_path, folder.report_path]
