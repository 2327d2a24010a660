"""`eot harden`: trains a network that is harder to fool, and writes it as a victim like any other."""

import json
from collections.abc import Generator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch

from eot.commands.listing import Listing
from eot.commands.tick import Tick
from eot.commands.train_signs import check_writable
from eot.data import Data, load_data
from eot.harden.augment import shifts
from eot.harden.lessons import Distilled
from eot.harden.methods import Settings, lesson_of
from eot.harden.train import Course, Lesson, Reader, Training, watched
from eot.harden.weights import weights_file
from eot.runs.packing import pack, unpack
from eot.streams import generator_for
from eot.victims.architectures import architecture, fresh
from eot.victims.bundled import TRAINED
from eot.victims.state_file import load_state_file
from renders.errors import InputError, RunError
from textures.write import write_files


@dataclass(frozen=True)
class Request:
    """What the user asked for; without a folder `runs/victims`."""

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

    def record(self) -> dict[str, object]:
        """Everything that decides the weights, besides the bytes of the data."""
        return {
            "arch": self.arch,
            "method": self.method,
            "settings": asdict(self.settings),
            "course": asdict(self.course),
            "shift_px": self.shift_px,
            "seed": self.seed,
        }


def harden(request: Request, device: torch.device) -> Generator[Tick, None, Listing]:
    """The trained network's file NAME.safetensors, with its hash and how it did on the last batches.

    A checkpoint is written after every epoch; with it the course ends in the same bytes as one never cut off.

    Raises:
        InputError: unknown method or architecture, data that do not fit, a file that is there already.
        RunError: a checkpoint of another course, or a loss that is no number.
    """
    lesson = lesson_of(request.method, request.settings)
    data = load_data(request.data)
    _check(request, data)
    name = request.name or f"{request.arch}-{request.method}"
    folder = request.out or TRAINED
    check_writable(folder)
    path = folder / f"{name}.safetensors"
    if path.exists() and not (request.force or request.resume):
        raise InputError(f"{path}: is there already: choose another --name, or replace it with --force")
    note = ""
    if request.method == "distil":
        teacher = yield from _taught(request, data, lesson, folder / f"{name}-teacher.checkpoint", device)
        lesson = Distilled(teacher.eval(), request.settings.temperature)
    reader = yield from _taught(request, data, lesson, folder / f"{name}.checkpoint", device)
    about = {
        "name": name,
        "licence": "Apache-2.0",
        "data": data.sha256,
        "training": json.dumps(request.record()),
    }
    write_files(folder, {path.name: weights_file(reader.net, request.arch, data.classes, about)})
    for checkpoint in folder.glob(f"{name}*.checkpoint"):
        checkpoint.unlink()
    victim = load_state_file(str(path))
    rows = ((f"file:{path}", victim.info.weights_sha256, len(data), note or request.method),)
    return Listing("Hardened", ("victim", "weights_sha256", "images", "method"), rows)


def _check(request: Request, data: Data) -> None:
    input_px = architecture(request.arch).input_px
    images, _ = data.take(torch.arange(1))
    if tuple(images.shape[-2:]) != input_px:
        raise InputError(
            f"{request.arch} takes {input_px[0]} x {input_px[1]} px; {data.name} has "
            f"{images.shape[-2]} x {images.shape[-1]}: choose another architecture, or px in the data"
        )
    if len(data) < request.course.batch:
        raise InputError(f"--batch {request.course.batch}: {data.name} has {len(data)} images only: lower it")


def _taught(
    request: Request, data: Data, lesson: Lesson, checkpoint: Path, device: torch.device
) -> Generator[Tick, None, Reader]:
    """A reader that went through the whole course, from its checkpoint on where there is one."""
    known = architecture(request.arch)
    net = fresh(request.arch, len(data.classes), request.seed)
    training = Training(Reader(net, known.mean, known.std).to(device), data, lesson, request.course)
    generator = generator_for(request.seed, "harden")
    if request.resume and checkpoint.is_file():
        _restore(training, generator, checkpoint, request, data)
    for tick in watched(training, generator, shifts(request.shift_px)):
        if tick.done % training.per_epoch == 0:
            _check_finite(training, tick)
            stored = (request.record(), data.sha256, training.state(generator))
            write_files(checkpoint.parent, {checkpoint.name: pack(stored)})
        yield tick
    return training.reader


def _restore(
    training: Training, generator: torch.Generator, checkpoint: Path, request: Request, data: Data
) -> None:
    record, sha256, state = unpack(checkpoint.read_bytes(), str(checkpoint))
    if (record, sha256) != (request.record(), data.sha256):
        raise RunError(f"{checkpoint}: is of another course: give the same options, or start with --force")
    training.restore_(state, generator)


def _check_finite(training: Training, tick: Tick) -> None:
    if not all(bool(p.isfinite().all()) for p in training.reader.parameters()):
        raise RunError(f"training diverged ({tick.note}): lower --learning-rate or --eps, or raise --ramp")
