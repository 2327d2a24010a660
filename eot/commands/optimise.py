"""The optimisation of a run, with metrics and checkpoints: one descent, or one for each weight tried."""

import json
import shutil
import time
from collections.abc import Generator
from dataclasses import replace

from eot.attack import Judged, run
from eot.commands.tick import Tick
from eot.runs.build import Built, Frame, Mask, build
from eot.runs.checkpoint import restore, state_of
from eot.runs.folder import RunFolder, append_metrics, load_checkpoint, save_checkpoint
from eot.search.penalty import Tried, next_weight, strongest
from renders.errors import RunError
from textures.write import write_bytes

# Besides every selection, so that a crash never costs more than this.
CHECKPOINT_SECONDS = 10.0


def optimise(folder: RunFolder, frame: Frame, mask: Mask) -> Generator[Tick, None, tuple[Built, Judged]]:
    """The attack and its best iterate; goes on from where it was cut off."""
    if frame.config.search.lab_rounds:
        return (yield from _search(folder, frame, mask))
    built = build(frame, mask)
    return built, (yield from _descend(folder, built, "attack"))


def _search(folder: RunFolder, frame: Frame, mask: Mask) -> Generator[Tick, None, tuple[Built, Judged]]:
    """Attacks under growing and shrinking penalties.lab; the largest that holds wins.

    Each has a folder with its own checkpoint, the last of which says how it ended, so that a search that was
    cut off does nothing twice.
    """
    search = frame.config.search
    tried: list[Tried] = []
    found: list[tuple[Built, Judged]] = []
    for number in range(search.lab_rounds):
        weight = next_weight(tried, frame.config.penalties.lab, search.hold)
        built = build(_weighted(frame, weight), mask)
        place = RunFolder(folder.search_path / str(number))
        place.path.mkdir(parents=True, exist_ok=True)
        best = yield from _descend(place, built, f"λ {weight:.3g}")
        tried.append(Tried(weight, best.success))
        found.append((built, best))
    chosen = strongest(tried, search.hold)
    record = {"hold": search.hold, "chosen": chosen, "tried": [vars(attempt) for attempt in tried]}
    write_bytes(folder.search_path / "search.json", (json.dumps(record, indent=2) + "\n").encode())
    shutil.copyfile(RunFolder(folder.search_path / str(chosen)).metrics_path, folder.metrics_path)
    return found[chosen]


def _weighted(frame: Frame, weight: float) -> Frame:
    penalties = frame.config.penalties.model_copy(update={"lab": weight})
    return replace(frame, config=frame.config.model_copy(update={"penalties": penalties}))


def _descend(folder: RunFolder, built: Built, phase: str) -> Generator[Tick, None, Judged]:
    """The loop; goes on from the last checkpoint where there is one."""
    attack, first, best = built.attack, 0, None
    state = load_checkpoint(folder)
    if state is not None:
        restore(attack, state)
        first, best = state.step, state.best
    saved = time.monotonic()
    for progress in run(attack, first, best):
        best, done = progress.best, progress.index + 1
        figures = {"step": progress.index, "stream": "train"}
        append_metrics(folder, {**figures, "loss": progress.loss, "success": progress.success})
        judged = progress.judged
        if judged is not None:
            record = {"stream": "select", "loss": judged.loss, "success": judged.success}
            append_metrics(folder, {"step": progress.index, **record})
        if judged is not None or time.monotonic() - saved > CHECKPOINT_SECONDS:
            save_checkpoint(folder, state_of(attack, done, best))
            saved = time.monotonic()
        note = f"loss {progress.loss:.3f}" + (f", best {best.success:.1%} of select" if best else "")
        yield Tick(phase, done, attack.steps, note)
    if best is None:
        raise RunError(f"{folder.path}: no iterate has a finite loss: lower optimiser.rate")
    return best
