"""Measures an article on the report stream, with its controls, and writes what came of it as a report."""

import json
from collections.abc import Generator, Mapping
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from eot.commands.summary import Summary
from eot.commands.tick import Tick
from eot.evidence.evaluate import collect, evaluate_steps
from eot.evidence.evaluation import ATTACK, Evaluation
from eot.evidence.findings import Finding
from eot.evidence.rate_checks import check_evaluation
from eot.evidence.statistics import wilson
from eot.report.contents import ArticlePicture, Origin
from eot.report.gallery import Gallery, gallery
from eot.report.model import Model, model_of
from eot.report.report import write_report
from eot.report.words import plural
from eot.runs.build import Built, Frame
from eot.runs.config import Config, dump_config
from eot.runs.folder import RunFolder, read_metrics
from eot.runs.product import Product
from eot.runs.provenance import Provenance
from eot.runs.records import encode_evaluation
from eot.streams import Frozen, Stream
from textures.write import write_files

# Photographs held in memory at once while nothing is differentiated: at most so many, of so many pixels in
# all, as a detector may keep the activations of every layer.
PHOTOGRAPHS = 128
PIXELS = 2_000_000


def measure(built: Built, product: Product, views: int) -> Generator[Tick, None, tuple[Evaluation, Gallery]]:
    """The evidence on fresh views of the article and its controls, and photographs of some of them."""
    frame, articles = built.frame, articles_of(built, product)
    evaluation = yield from judged("evaluate", frame, articles, frame.stream("report", views))
    seed, bare = frame.config.seed, frame.bare_problem()
    return evaluation, gallery(frame.problem(), articles, evaluation, seed=seed, bare=bare)


def judged(
    phase: str, frame: Frame, articles: Mapping[str, Float[Tensor, "f 3 u v"]], views: Stream | Frozen
) -> Generator[Tick, None, Evaluation]:
    """What the victims say of articles in one batch of views, as many at once as memory should hold."""
    problem, bare, parts, done = frame.problem(), frame.bare_problem(), [], 0
    faces = len(articles[ATTACK])
    batch = _at_once(frame.config, faces * (len(articles) + (bare is not None)))
    for part in evaluate_steps(problem, articles, views, views.k, batch=batch, bare=bare):
        parts.append(part)
        done += len(part) // faces
        yield Tick(phase, done, views.k)
    return collect(problem, parts, level=frame.config.evaluation.level)


def _at_once(config: Config, photographs: int) -> int:
    """How many conditions may be held in memory when each is photographed so often."""
    return max(1, min(PHOTOGRAPHS, PIXELS // config.camera.output_px**2) // photographs)


def articles_of(built: Built, product: Product) -> dict[str, Float[Tensor, "f 3 u v"]]:
    """The article and its controls on the run's device; the controls in eight bits too, as prints are."""
    device = built.frame.device
    return {"attack": product.image.to(device), **built.controls()}


def doubts(evaluation: Evaluation, product: Product) -> tuple[Finding, ...]:
    """What the evidence itself says against its headline."""
    selected = wilson(round(product.score * product.selected_on), product.selected_on, evaluation.level)
    return check_evaluation(evaluation, selected)


def write_evidence(
    folder: Path,
    run: RunFolder,
    built: Built,
    product: Product,
    measured: tuple[Evaluation, Gallery],
    findings: tuple[Finding, ...],
    origin: Origin,
) -> Summary:
    """Writes the evidence and its report into a folder; report.json comes last and marks it complete."""
    evaluation, shown = measured
    config, mesh = built.frame.config, built.frame.article.mesh
    files = write_report(
        folder,
        evaluation,
        provenance=origin,
        metrics=read_metrics(run),
        article=picture_of(run, built, product),
        findings=findings,
        gallery=shown,
        configuration=dump_config(config),
        model=_model(built, product),
        down_cells=config.evaluation.distance_cells if mesh is None else config.evaluation.elevation_cells,
        across_cells=config.evaluation.yaw_cells if mesh is None else config.evaluation.azimuth_cells,
    )
    page = files.pop("report.html")
    write_files(folder, {"evidence.safetensors": encode_evaluation(evaluation), "report.html": page, **files})
    return Summary(folder, json.loads(files["report.json"]))


def _model(built: Built, product: Product) -> Model | None:
    """The object with its adversarial and its own texture, for the page."""
    article = built.frame.article
    if article.mesh is None:
        return None
    return model_of(article.mesh, {"test article": product.image[0], "original": article.faces[0]})


def origin_of(provenance: Provenance, product: Product) -> Origin:
    """What gives the numbers again, and what they were made with."""
    lines = [
        ("article", product.digest[:16]),
        ("configuration", provenance.config_sha256[:16]),
        *((f"victim {name}", digest[:16]) for name, digest in provenance.victims.items()),
        ("started", provenance.started),
        ("device", f"{provenance.device}, {plural(provenance.threads, 'thread')}"),
        ("python", f"{provenance.python}, {provenance.platform}"),
        ("eot", provenance.eot),
        ("packages", ", ".join(f"{name} {found}" for name, found in provenance.packages.items())),
    ]
    return Origin("eot attack config.toml --out again", provenance.seed, tuple(lines))


def picture_of(run: RunFolder, built: Built, product: Product) -> ArticlePicture:
    """The article as a report shows it."""
    files = sorted(path.name for path in run.article_path.glob("*")) if run.article_path.is_dir() else []
    return ArticlePicture(
        name=product.title,
        identifier=product.identifier,
        image=torch.cat([product.image[0], product.coverage]),
        width_mm=product.width_mm,
        height_mm=product.height_mm,
        coverage=None if built.frame.article.bare else product.covered,
        files=tuple(f"article/{name}" for name in files),
    )
