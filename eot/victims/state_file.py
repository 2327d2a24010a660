"""Victims from a weights file with a named architecture: `PATH?arch=NAME&classes=N`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl

from torch import nn

from eot.label_file import read_labels
from eot.victims.admit import Claim, admit_classifier
from eot.victims.architectures import ARCHITECTURES
from eot.victims.state_dict import StateFile, fill, read_state
from eot.victims.torchvision_zoo import classifier_names, empty_model, preset
from eot.victims.victim import Rgb, Victim
from renders.errors import InputError, nearest

OPTIONS = ("arch", "classes", "input", "mean", "std", "labels")


@dataclass(frozen=True)
class Wish:
    """The options behind the question mark, as text; empty where not given."""

    arch: str = ""
    classes: str = ""
    input: str = ""
    mean: str = ""
    std: str = ""
    labels: str = ""


def load_state_file(rest: str) -> Victim:
    """The victim whose weights are in a .safetensors or torch file and whose architecture is named.

    Options after the question mark: `arch` (one of our own or a torchvision classifier) and `classes`, both
    read from the file where it was written by `eot train-signs`; `input` (px), `mean` and `std` (three
    numbers each, sRGB), `labels` (a text file, one label a line). Without them the architecture's own hold.

    Raises:
        InputError: unknown option or architecture, or a file that cannot be read or does not fit.
    """
    file, _, query = rest.partition("?")
    path, wish = Path(file), _wish(query)
    state = read_state(path)
    arch = wish.arch or state.metadata.get("arch", "")
    labels = _labels(wish, state)
    classes = int(_numbers("classes", wish.classes, 1)[0]) if wish.classes else len(labels)
    if not arch or classes < 2:
        raise InputError(
            f"{path} must come with its architecture and number of classes; got arch={arch!r} and {classes} "
            "classes: write file:PATH?arch=NAME&classes=N"
        )
    module = fill(_architecture(arch, classes), state, arch)
    size, mean, std = _input(arch, wish, state)
    claim = Claim(
        name=state.metadata.get("name", path.stem),
        origin=str(path),
        licence=state.metadata.get("licence", "not stated"),
        input_px=size,
        labels=labels,
        mean=mean,
        std=std,
    )
    return admit_classifier(module, claim)


def _wish(query: str) -> Wish:
    pairs = dict(parse_qsl(query, keep_blank_values=True))
    for key in pairs:
        if key not in OPTIONS:
            raise InputError(f"a victim file has no option {key!r}: {nearest(key, OPTIONS)}")
    return Wish(**pairs)


def _architecture(arch: str, classes: int) -> nn.Module:
    if arch in ARCHITECTURES:
        return ARCHITECTURES[arch].make(classes)
    known = (*ARCHITECTURES, *classifier_names())
    if arch not in known:
        raise InputError(f"there is no architecture {arch!r}: {nearest(arch, known)}")
    return empty_model(arch, classes)


def _labels(wish: Wish, state: StateFile) -> tuple[str, ...]:
    if not wish.labels:
        return state.listed("labels")
    return read_labels(wish.labels)


def _input(arch: str, wish: Wish, state: StateFile) -> tuple[tuple[int, int], Rgb, Rgb]:
    """Input size, mean and std: as wished, else as the file says, else as the architecture was published."""
    stored = state.metadata if "input_px" in state.metadata else _published(arch)
    height, width = json.loads(stored["input_px"])
    if wish.input:
        height = width = int(_numbers("input", wish.input, 1)[0])
    mean = _numbers("mean", wish.mean, 3) if wish.mean else tuple(json.loads(stored["mean"]))
    std = _numbers("std", wish.std, 3) if wish.std else tuple(json.loads(stored["std"]))
    if min(std) <= 0:
        raise InputError(f"std must be three positive numbers; got {list(std)}: give the training's values")
    return (height, width), _rgb(mean), _rgb(std)


def _published(arch: str) -> Mapping[str, str]:
    if arch in ARCHITECTURES:
        # A bare state dict of one of ours does not say that its images were normalised.
        return {"input_px": json.dumps(ARCHITECTURES[arch].input_px), "mean": "[0, 0, 0]", "std": "[1, 1, 1]"}
    known = preset(arch)
    return {
        name: json.dumps(value) for name, value in vars(known).items() if name in ("input_px", "mean", "std")
    }


def _rgb(values: tuple[float, ...]) -> Rgb:
    red, green, blue = (float(value) for value in values)
    return (red, green, blue)


def _numbers(option: str, text: str, count: int) -> tuple[float, ...]:
    try:
        values = tuple(float(part) for part in text.split(","))
    except ValueError:
        values = ()
    if len(values) != count or not all(abs(value) < 1e6 for value in values):
        raise InputError(f"{option} must be {count} number(s), comma between; got {text!r}: correct it")
    return values
