"""What a course is about: labelled data from files, or signs whose stickers fight back."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch

from eot.data import load_data
from eot.harden.augment import shifts
from eot.harden.methods import STICKERS, Settings
from eot.harden.stickers import AttackedSigns, StickerPlan
from eot.harden.train import Augment, Course, Labelled, Reader
from eot.victims import sign_net
from eot.victims.architectures import architecture
from eot.victims.sign_views import sign_labels
from renders.errors import InputError, nearest

# Rounds of stickers in what an epoch is for data from files.
ROUNDS = 20


@dataclass(frozen=True)
class Subject:
    """Where the images of a course come from.

    Args:
        images: from the reader that learns and the seed.
        sha256: of the data; empty where they are rendered.
        augment: from the largest shift in px.
    """

    classes: tuple[str, ...]
    sha256: str
    images: Callable[[Reader, int], Labelled]
    augment: Callable[[int], Augment | None]
    course: Course


def subject_of(arch: str, spec: str, method: str, settings: Settings, course: Course) -> Subject:
    """The subject of a request. Raises InputError for data that do not fit the architecture."""
    if method == STICKERS:
        return _signs(arch, settings, course)
    input_px = architecture(arch).input_px
    if not spec:
        raise InputError("--data: expected FORMAT:PATH?split=train; got nothing: name what to train on")
    data = load_data(spec)
    images, _ = data.take(torch.arange(1))
    if tuple(images.shape[-2:]) != input_px:
        raise InputError(
            f"{arch} takes {input_px[0]} x {input_px[1]} px; {data.name} has "
            f"{images.shape[-2]} x {images.shape[-1]}: choose another architecture, or px in the data"
        )
    if len(data) < course.batch:
        raise InputError(f"--batch {course.batch}: {data.name} has {len(data)} images only: lower it")
    return Subject(data.classes, data.sha256, lambda reader, seed: data, shifts, course)


def _signs(arch: str, settings: Settings, course: Course) -> Subject:
    if arch not in sign_net.ARCHITECTURES:
        raise InputError(f"stickers are for sign nets; got {arch!r}: {nearest(arch, sign_net.ARCHITECTURES)}")
    plan = StickerPlan(rounds=ROUNDS * course.epochs, steps=settings.steps)
    if settings.rate:
        plan = replace(plan, rate=settings.rate)
    # A round is a step: its views are the batch.
    rounds = replace(course, epochs=1, batch=1)
    return Subject(
        sign_labels(),
        "",
        lambda reader, seed: AttackedSigns(reader, plan, seed),
        lambda px: None,
        rounds,
    )
