"""`eot harden`: trains a network that is harder to fool, and writes it as a victim like any other."""

import json
import re
from collections.abc import Generator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from eot.commands.listing import Listing
from eot.commands.tick import Tick
from eot.commands.train_signs import check_writable
from eot.data.data import digest_of
from eot.harden.lessons import Distilled
from eot.harden.methods import STICKERS, Settings, check_course, lesson_of
from eot.harden.subject import Subject, subject_of
from eot.harden.train import Course, Lesson, Reader, Training, watched
from eot.harden.weights import weights_file
from eot.runs.config import NAME
from eot.runs.packing import pack, unpack
from eot.streams import generator_for
from eot.victims.architectures import architecture, fresh
from eot.victims.bundled import TRAINED, WEIGHTS
from eot.victims.state_dict import fill, read_state
from eot.victims.state_file import load_state_file
from renders.errors import InputError, RunError
from textures.write import write_files

# A checkpoint is written so many times in a course.
CHECKPOINTS = 20
# Characters of a name, as for the names of runs.
LONGEST = 100


@dataclass(frozen=True)
class Request:
    """What the user asked for; without a folder `runs/victims`.

    Args:
        data: a data spec; none for the method `stickers`, which renders its own views.
        name: of the file, by the rule for the names of runs; empty = ARCH-METHOD.
        start: weights to begin with; empty = drawn from the seed (`stickers`: the bundled ones).
        resume: go on from a checkpoint; one of another course is an error, with `force` it is passed over.
        force: replace a file that is there already.
    """

    arch: str
    data: str
    method: str
    name: str = ""
    settings: Settings = field(default_factory=Settings)
    course: Course = field(default_factory=lambda: Course(36, 100, 2e-3, 1e-4))
    shift_px: int = 1
    seed: int = 0
    out: Path | None = None
    resume: bool = False
    force: bool = False
    start: Path | None = None

    def record(self) -> dict[str, object]:
        """Everything that decides the weights, besides the bytes of the data."""
        start = {} if self.start is None else {"start": digest_of([self.start.read_bytes()])}
        return start | {
            "arch": self.arch,
            "method": self.method,
            "settings": asdict(self.settings),
            "course": asdict(self.course),
            "shift_px": self.shift_px,
            "seed": self.seed,
        }


def harden(request: Request, device: torch.device) -> Generator[Tick, None, Listing]:
    """The trained network's file NAME.safetensors and its hash.

    Checkpoints are written on the way; gone on with, a course ends in the same bytes as one never cut off.

    Raises:
        InputError: unknown method or architecture, numbers out of range, a name that is none, data that do
            not fit, a file that is there already.
        RunError: a checkpoint of another course, or weights that ran away.
    """
    lesson = lesson_of(request.method, request.settings)
    check_course(request.course)
    name = _name(request)
    subject = subject_of(request.arch, request.data, request.method, request.settings, request.course)
    folder = request.out or TRAINED
    check_writable(folder)
    path = folder / f"{name}.safetensors"
    if path.exists() and not (request.force or request.resume):
        raise InputError(f"{path}: is there already: choose another --name, or replace it with --force")
    checkpoints = [folder / f"{name}.checkpoint"]
    if request.method == "distil":
        # No course can have this name, so that its checkpoint is never another course's.
        checkpoints.append(folder / f"{name}~teacher.checkpoint")
        teacher = yield from _taught(request, subject, lesson, checkpoints[1], device)
        lesson = Distilled(teacher.eval(), request.settings.temperature)
    reader = yield from _taught(request, subject, lesson, checkpoints[0], device)
    about = {
        "name": name,
        "licence": "Apache-2.0",
        "data": subject.sha256,
        "training": json.dumps(request.record()),
    }
    write_files(
        folder,
        {path.name: weights_file(reader.net, request.arch, subject.classes, about)},
    )
    for checkpoint in checkpoints:
        checkpoint.unlink(missing_ok=True)
    sha256 = load_state_file(str(path)).info.weights_sha256
    row = (f"file:{path}", sha256, request.method, request.seed)
    return Listing("Hardened", ("victim", "weights_sha256", "method", "seed"), (row,))


def _name(request: Request) -> str:
    name = request.name or f"{request.arch}-{request.method}"
    if re.fullmatch(NAME, name) is None or len(name) > LONGEST:
        raise InputError(
            f"--name: expected text that matches {NAME}, up to {LONGEST} characters; got {name[:LONGEST]!r}: "
            "name the folder by --out"
        )
    return name


def _taught(
    request: Request,
    subject: Subject,
    lesson: Lesson,
    checkpoint: Path,
    device: torch.device,
) -> Generator[Tick, None, Reader]:
    """A reader that went through the whole course, from its checkpoint on where there is one."""
    reader = _beginner(request, len(subject.classes)).to(device)
    training = Training(reader, subject.images(reader, request.seed), lesson, subject.course)
    generator = generator_for(request.seed, "harden")
    if request.resume and checkpoint.is_file():
        state = _state(checkpoint, request, subject)
        if state is None:
            yield Tick("train", 0, training.steps, f"{checkpoint.name} does not fit: from the start")
        else:
            training.restore_(state, generator)
    every = max(1, training.steps // CHECKPOINTS)
    for tick in watched(training, generator, subject.augment(request.shift_px)):
        if tick.done % every == 0 or tick.done == training.steps:
            _check_finite(training, tick)
            stored = (request.record(), subject.sha256, training.state(generator))
            write_files(checkpoint.parent, {checkpoint.name: pack(stored)})
        yield tick
    return reader


def _beginner(request: Request, classes: int) -> Reader:
    """The network before the first step."""
    known, start = architecture(request.arch), request.start
    net = fresh(request.arch, classes, request.seed)
    if start is None and request.method == STICKERS:
        start = WEIGHTS / f"{request.arch}.safetensors"
    if start is not None:
        fill(net, read_state(start), request.arch)
    return Reader(net, known.mean, known.std)


def _state(checkpoint: Path, request: Request, subject: Subject) -> dict[str, Any] | None:
    """Where this course was cut off; None where the checkpoint does not fit and may be passed over."""
    try:
        stored = unpack(checkpoint.read_bytes(), str(checkpoint))
        if not isinstance(stored, tuple) or stored[:2] != (request.record(), subject.sha256):
            raise RunError(
                f"{checkpoint}: is of another course: give the same options, or start with --force"
            )
        return stored[2]
    except RunError:
        if not request.force:
            raise
        return None


def _check_finite(training: Training, tick: Tick) -> None:
    if not all(bool(p.isfinite().all()) for p in training.reader.parameters()):
        raise RunError(f"training diverged ({tick.note}): lower --learning-rate or --eps, or raise --ramp")
