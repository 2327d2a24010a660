"""`eot evaluate`: measures a finished article again, on other models, other views or as a gate."""

import hashlib
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import torch

from eot.commands.attack import fingerprints
from eot.commands.measure import doubts, measure, origin_of, write_evidence
from eot.commands.print import product_of
from eot.commands.summary import Summary
from eot.commands.tick import Tick
from eot.evidence.rate_checks import check_evaluation
from eot.runs.build import build, frame_of
from eot.runs.folder import open_run
from eot.runs.provenance import provenance_of
from eot.runs.sections.victims import judging

NAME_LETTERS = 60


@dataclass(frozen=True)
class Request:
    """What the user asked for."""

    run: Path
    victims: tuple[str, ...] = ()
    views: int | None = None
    defence: str | None = None


def evaluate(request: Request, device: torch.device) -> Generator[Tick, None, Summary]:
    """The evidence on the report stream, written into `evaluations/` of the run.

    Other victims must know the goal's classes by the same name or number, and stand behind the run's own
    defence unless another is asked for (`none` takes it away). With the run's own victims and number of
    views the figures are those of the run.
    """
    folder = open_run(request.run)
    product = product_of(folder)
    config = folder.config()
    if request.victims:
        config = config.model_copy(update={"victims": judging(config.victims, request.victims)})
    if request.defence:
        guarded = config.victims.model_copy(update={"defence": request.defence})
        config = config.model_copy(update={"victims": guarded})
    views = request.views or config.evaluation.views
    frame = frame_of(config, device)
    built = build(frame, product.mask)
    measured = yield from measure(built, product, views)
    # The article was picked on its own victims: only their rates can be compared with that pick.
    others = (*request.victims, *([request.defence] if request.defence else ()))
    findings = check_evaluation(measured[0]) if others else doubts(measured[0], product)
    origin = origin_of(provenance_of(config, device, fingerprints(frame)), product)
    place = folder.path / "evaluations" / _name(others or config.victims.models, views)
    return write_evidence(place, folder, built, product, measured, findings, origin)


def _name(models: tuple[str, ...], views: int) -> str:
    """A folder name that says what was measured."""
    words = "+".join(models)
    safe = "".join(c if c.isalnum() or c in "-_.+" else "-" for c in words)
    if len(safe) > NAME_LETTERS:  # what is cut off must still tell two apart
        safe = f"{safe[10 - NAME_LETTERS :]}-{hashlib.sha256(words.encode()).hexdigest()[:8]}"
    return f"{safe.strip('-.')}-{views}"
