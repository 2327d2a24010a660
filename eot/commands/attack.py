"""`eot attack`: optimise an article, measure it, and leave both in a run directory that survives a crash."""

import io
from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from PIL import Image

from eot.attack import Judged
from eot.commands.mask import find_mask, sketch_mask
from eot.commands.measure import doubts, measure, origin_of, write_evidence
from eot.commands.optimise import optimise
from eot.commands.print import write_prints
from eot.commands.summary import Summary, read_summary
from eot.commands.tick import Tick
from eot.evidence.condition_checks import settings_used, unseen_conditions
from eot.evidence.findings import Finding
from eot.evidence.footprint import texels_per_px
from eot.evidence.gradient_checks import check_gradients, texel_footprint
from eot.evidence.print_checks import printed_colours
from eot.evidence.rate_checks import check_training
from eot.evidence.victim_checks import check_victims, victim_unchanged
from eot.runs.build import Built, Frame, build, check_optimiser, frame_of
from eot.runs.config import Config, dump_config, load_config
from eot.runs.folder import (
    RunFolder,
    check_free,
    check_same,
    only_writer,
    read_metrics,
    resume_run,
    start_run,
)
from eot.runs.possible import ASKING
from eot.runs.prints import articles_to_print
from eot.runs.product import Product, encode_product
from eot.runs.provenance import (
    Provenance,
    changes,
    provenance_of,
    read_provenance,
    texture_hash,
    write_provenance,
)
from eot.runs.unused import without_effect
from eot.streams import Stream
from renders.errors import RunError
from renders.scene import Scene
from textures.sheets.article import pieces_of
from textures.sheets.job import Order
from textures.write import write_files

RUNS = Path("runs")


@dataclass(frozen=True)
class Request:
    """What the user asked for."""

    source: Path
    overrides: tuple[str, ...] = ()
    out: Path | None = None
    resume: bool = False
    force: bool = False

    def config(self) -> Config:
        """The complete configuration."""
        return load_config(self.source, self.overrides)

    def place(self, config: Config) -> Path:
        """The run directory: --out, the run that is resumed, or runs/NAME."""
        if self.out is not None:
            return self.out
        return self.source if self.resume and self.source.is_dir() else RUNS / config.name


def resolved(request: Request) -> str:
    """The complete configuration as TOML."""
    return dump_config(request.config())


def silent(request: Request) -> tuple[str, ...]:
    """The settings that decide nothing, and where they would."""
    return without_effect(request.config())


def attack(request: Request, device: torch.device) -> Generator[Tick, None, Summary]:
    """The whole run. Nothing on disk changes before everything it needs has been found to be there."""
    config = request.config()
    path = request.place(config)
    if request.resume:
        check_same(path, config)
        if RunFolder(path).finished:
            return read_summary(path, ("this run is complete: nothing was left to do",))
    else:
        check_free(path, request.force)
    frame = frame_of(config, device)
    check_optimiser(frame)
    _check_printable(frame)
    folder = resume_run(path, config) if request.resume else start_run(path, config, request.force)
    with only_writer(folder):
        now = provenance_of(config, device, fingerprints(frame))
        notes = _settle_provenance(folder, now)
        mask = yield from find_mask(folder, frame)
        built, best = yield from optimise(folder, frame, mask)
        product = built.product(best)
        yield from _write_product(folder, built, product, now)
        measured = yield from measure(built, product, config.evaluation.views)
        findings = [*_checks(built, product), *check_training(read_metrics(folder))]
        findings += [*_unchanged(frame, now), *doubts(measured[0], product)]
        origin = origin_of(now, product)
        summary = write_evidence(folder.path, folder, built, product, measured, tuple(findings), origin)
        return replace(summary, notes=notes)


def _check_printable(frame: Frame) -> None:
    """Raises InputError where the article could be optimised but not built or printed."""
    built = build(frame, sketch_mask(frame))
    if frame.article.mesh is None:
        start = built.product(Judged(0, 0.0, 0.0, built.texture().detach()))
        provenance = provenance_of(frame.config, frame.device, {})
        pieces_of(articles_to_print(frame.config, frame.article, start, provenance)["attack"])


def fingerprints(frame: Frame) -> dict[str, str]:
    """The hash of every victim's weights, by its name in the configuration."""
    return {
        model: victim.fingerprint()
        for model, (victim, _) in zip(frame.config.victims.models, frame.victims, strict=True)
    }


def _settle_provenance(folder: RunFolder, now: Provenance) -> tuple[str, ...]:
    """Writes the provenance of a new run; of a resumed one says what has changed since it was started."""
    if not folder.provenance_path.is_file():
        write_provenance(folder.provenance_path, now)
        return ()
    before = read_provenance(folder.provenance_path)
    if before.victims != now.victims:
        raise RunError(
            f"{folder.path}: a victim has other weights than when the run was started: use --force"
        )
    changed = changes(before, now)
    return (f"resumed elsewhere, bytes may differ: {'; '.join(changed)}",) if changed else ()


def _write_product(
    folder: RunFolder, built: Built, product: Product, provenance: Provenance
) -> Generator[Tick, None, None]:
    """The texture, what to print of it, and the provenance with its hash."""
    mesh = built.frame.article.mesh
    write_files(
        folder.path,
        {
            "texture.safetensors": encode_product(product),
            "texture.png": picture_bytes(product, whole=mesh is not None),
        },
    )
    order = Order(profile=built.frame.config.print.profile)
    yield from write_prints(folder, (product, provenance), built.frame.article, order)
    finished = replace(provenance, texture_sha256=texture_hash(product.image))
    write_provenance(folder.provenance_path, finished)


def picture_bytes(product: Product, *, whole: bool = False) -> bytes:
    """The first face as PNG at its true size, clear where the article is not unless the `whole` is wanted."""
    covered = torch.ones_like(product.coverage) if whole else product.coverage
    rgba = torch.cat([product.levels[0], (covered * 255).round().byte()])
    buffer = io.BytesIO()
    dpi = rgba.shape[2] / product.width_mm * 25.4
    Image.fromarray(rgba.permute(1, 2, 0).contiguous().numpy()).save(buffer, "PNG", dpi=(dpi, dpi))
    return buffer.getvalue()


def _checks(built: Built, product: Product) -> tuple[Finding, ...]:
    """Is the victim a fixed function that answers logits, and does the gradient reach the texels?"""
    attack, image = built.attack, product.image.to(built.frame.device)
    assert isinstance(attack.train, Stream)
    few = replace(attack.train, name="checks", k=min(attack.train.k, 16))
    allowed = (
        built.mask[0].to(built.frame.device) * built.frame.article.coverage[0].to(built.frame.device) > 0
    )
    found = check_victims(attack.problem, image, few(0))
    if built.frame.config.optimiser.kind not in ASKING:
        found += check_gradients(attack.problem, image, few, mask=allowed)
    varied = [name for name, (low, high) in built.frame.config.conditions.items() if low < high]
    found += (unseen_conditions(attack.problem, image[:1], replace(few, k=4), varied),)
    found += (settings_used(without_effect(built.frame.config)),)
    if built.frame.profile is not None:
        found += (printed_colours(built.frame.profile, product.image, product.mask),)
    scene = attack.problem.scene
    if isinstance(scene, Scene):
        rows, columns = image.shape[-2:]
        found += (texel_footprint(texels_per_px(scene, (rows, columns), few(0))),)
    return found


def _unchanged(frame: Frame, before: Provenance) -> tuple[Finding, ...]:
    after = fingerprints(frame)
    return tuple(victim_unchanged(name, before.victims[name], after[name]) for name in after)
