"""`eot train-signs`: trains a sign classifier on renders of this product, grades it and writes its card."""

import json
import os
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors.torch import save

from eot.commands.listing import Listing
from eot.commands.tick import Tick
from eot.grade_signs import Exam, gauge
from eot.sign_card import Origin, Report, card
from eot.train_signs import Plan, train
from eot.victims.bundled import TRAINED
from eot.victims.sign_net import INPUT_PX, MEAN, STD, VARIANTS
from eot.victims.sign_stickers import NOISE, PLAIN
from eot.victims.sign_views import sign_labels
from eot.victims.state_file import load_state_file
from eot.victims.victim import Victim
from renders.errors import InputError, nearest
from textures.write import write_files

STOP = "mutcd-r1-1-stop"


@dataclass(frozen=True)
class Request:
    """What the user asked for; without a seed the variant's own, without a folder `runs/victims`."""

    variant: str
    seed: int | None = None
    out: Path | None = None
    plan: Plan = field(default_factory=Plan)
    exam: Exam = field(default_factory=Exam)


def train_signs(request: Request, device: torch.device) -> Generator[Tick, None, Listing]:
    """The accuracy of the trained net; NAME.safetensors and its model card NAME.md are written.

    Raises:
        InputError: unknown variant, or a folder that cannot be written (found out before any work).
    """
    name = request.variant
    if name not in VARIANTS:
        raise InputError(f"--variant {name}: {nearest(name, VARIANTS)}")
    seed = VARIANTS[name].seed if request.seed is None else request.seed
    folder = request.out or TRAINED
    check_writable(folder)
    net = yield from train(VARIANTS[name].arch, request.plan, seed, device)
    data = save(net.state_dict(), _metadata(name, seed, request.plan))
    path = write_files(folder, {f"{name}.safetensors": data})[0]
    victim = load_state_file(str(path)).to(device)
    report = yield from graded(victim, request.exam)
    origin = Origin(name, VARIANTS[name].arch, seed, victim.info.weights_sha256, len(data), machine(device))
    written = card(origin, request.plan, request.exam, report, STOP)
    write_files(folder, {f"{name}.md": written.encode()})
    return _listing(path, report)


def graded(victim: Victim, exam: Exam) -> Generator[Tick, None, Report]:
    """The victim's grades on clean faces and with two kinds of stickers."""
    clean = yield from gauge(victim, exam)
    noise = yield from gauge(victim, exam, NOISE)
    plain = yield from gauge(victim, exam, PLAIN)
    return Report(clean, noise, plain)


def check_writable(folder: Path) -> None:
    """Raises InputError for a folder that cannot be written or made."""
    existing = next((place for place in (folder, *folder.parents) if place.exists()), folder)
    if not existing.is_dir() or not os.access(existing, os.W_OK):
        raise InputError(f"--out {folder}: expected a folder that can be written; {existing} is none")


def _metadata(name: str, seed: int, plan: Plan) -> dict[str, str]:
    return {
        "name": name,
        "arch": VARIANTS[name].arch,
        "labels": json.dumps(sign_labels()),
        "input_px": json.dumps([INPUT_PX, INPUT_PX]),
        "mean": json.dumps(MEAN),
        "std": json.dumps(STD),
        "licence": "Apache-2.0",
        "seed": str(seed),
        "plan": json.dumps(vars(plan)),
    }


def machine(device: torch.device) -> str:
    """What the bytes of a training depend on besides its seed."""
    return f"torch {torch.__version__}, {device.type}, {torch.get_num_threads()} threads"


def _listing(path: Path, report: Report) -> Listing:
    rows = tuple((name, rate.rate, rate.low, rate.high, rate.n) for name, rate in report.headline(STOP))
    return Listing(f"{path}", ("views", "accuracy", "low", "high", "n"), rows)
