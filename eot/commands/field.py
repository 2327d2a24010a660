"""`eot field`: the article of a finished run in a path tracer, judged like everything else."""

import io
import json
from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from eot.commands.attack import fingerprints
from eot.commands.measure import articles_of, origin_of, write_evidence
from eot.commands.print import product_of
from eot.commands.summary import Summary
from eot.commands.tick import Tick
from eot.evidence.evaluate import collect, evaluate_steps
from eot.evidence.evaluation import Evaluation
from eot.evidence.rate_checks import check_evaluation
from eot.field.compare import compare
from eot.field.scene import FieldScene
from eot.field.tracer import check_panorama, mitsuba
from eot.field.world import Body, Lens, sign_body
from eot.problem import Problem
from eot.report.gallery import gallery
from eot.runs.build import Built, build, frame_of
from eot.runs.folder import open_run
from eot.runs.product import Product
from eot.runs.provenance import provenance_of
from eot.runs.scenes import Without, camera_of, frame_px
from renders.conditions import Condition
from renders.errors import InputError
from renders.framing import Framing
from textures.meshes.export import export_mesh
from textures.meshes.solid import solid_of
from textures.write import write_files

FIELD, OBJECT = "field", "object"
CONTACTS = 10


@dataclass(frozen=True)
class Request:
    """What the user asked for: the run, views per arm, light paths per pixel, a panorama for the sky."""

    run: Path
    views: int = 100
    samples: int = 64
    sky: Path | None = None


def field(request: Request, device: torch.device) -> Generator[Tick, None, Summary]:
    """Photographs article and controls outdoors, judges them, and writes all of it into `field/` of the run.

    The conditions are the first ones of the report stream; our renderer is measured on the same ones. What
    is finished stays, so a run that was cut off goes on where it was.
    """
    mitsuba()
    if request.sky is not None and not request.sky.is_file():
        raise InputError(f"--sky {request.sky}: expected a panorama (.hdr or .exr); found none")
    folder = open_run(request.run)
    if request.sky is not None:
        check_panorama(str(request.sky))
    product, config = product_of(folder), folder.config()
    built = build(frame_of(config, device), product.mask)
    place = folder.path / FIELD
    scene = field_scene(built, product, request, place)
    ours, bare = built.frame.problem(), built.frame.bare_problem()
    outdoors = replace(ours, scene=scene)
    nothing = None if bare is None else replace(bare, scene=Without(scene))
    field_seen = yield from _judged("path tracing", outdoors, nothing, (built, product), request.views)
    ours_seen = yield from _judged("our renderer", ours, bare, (built, product), request.views)
    articles = articles_of(built, product)
    shown = gallery(outdoors, articles, field_seen, seed=config.seed, bare=nothing)
    origin = origin_of(provenance_of(config, device, fingerprints(built.frame)), product)
    origin = replace(origin, command=f"eot field {folder.path} --views {request.views}")
    result = compare(field_seen, ours_seen, config.seed, config.evaluation.level)
    record = {**result.record(), "views": request.views, "samples": request.samples}
    text = json.dumps(record, indent=1, allow_nan=False)
    write_files(
        place, {"comparison.json": f"{text}\n".encode(), "contact.png": _contact(scene, built, product)}
    )
    measured = field_seen, shown
    summary = write_evidence(place, folder, built, product, measured, check_evaluation(field_seen), origin)
    return replace(summary, notes=(result.words, f"pictures: {place / 'contact.png'}"))


def _judged(
    phase: str, problem: Problem, bare: Problem | None, run: tuple[Built, Product], views: int
) -> Generator[Tick, None, Evaluation]:
    """What the victims say about article and controls, one view after the other."""
    built, product = run
    stream, parts = built.frame.stream("report", views), []
    steps = evaluate_steps(problem, articles_of(built, product), stream, views, batch=1, bare=bare)
    for part in steps:
        parts.append(part)
        yield Tick(phase, len(parts), views)
    return collect(problem, parts, level=built.frame.config.evaluation.level)


def field_scene(built: Built, product: Product, request: Request, place: Path) -> FieldScene:
    """The article of a run outdoors. Raises InputError for articles that are nowhere in space."""
    config, mesh = built.frame.config, built.frame.article.mesh
    if config.surface.kind != "flat":
        raise InputError(
            f"field: expected a flat article or an object (surface.kind = flat); got {config.surface.kind}: "
            "it cannot be stood outdoors yet"
        )
    body = sign_body(product.width_mm / 1000, product.height_mm / 1000)
    if mesh is not None:
        files = export_mesh(solid_of(mesh, product.image[0], product.identifier, product.title), ["obj"])
        write_files(place / OBJECT, files)
        points = mesh.vertices.double().numpy()
        path = place / OBJECT / f"{product.identifier}.obj"
        body = Body(points, float(-points[:, 1].min()), str(path))
    camera = camera_of(config.camera)
    crop, native_px = config.camera.framing == "crop", (camera.height_px, camera.width_px)
    output_px = frame_px(
        camera.width_px, camera.height_px, config.camera.output_px, Framing(config.camera.framing)
    )
    return FieldScene(
        body,
        Lens(camera.focal_px, native_px, output_px, crop, config.camera.supersample),
        product.coverage,
        request.samples,
        place / "pictures",
        None if request.sky is None else str(request.sky),
        mesh,
    )


def _contact(scene: FieldScene, built: Built, product: Product) -> bytes:
    """A sheet of the first views: a row for the article and for each control, a column for a view."""
    views = built.frame.stream("report", CONTACTS)(0)
    articles = articles_of(built, product)
    rows = [_row(scene, image[0], views) for image in articles.values()]
    out = io.BytesIO()
    Image.fromarray(np.concatenate(rows)).save(out, "PNG")
    return out.getvalue()


def _row(scene: FieldScene, image: torch.Tensor, views: Condition) -> np.ndarray:
    pictures = [scene.picture(image.cpu(), views[i : i + 1]) for i in range(len(views))]
    return np.concatenate(pictures, 1)
