"""Victims from torchvision's model zoo, classifiers above all, with its weights or with a local file."""

import warnings
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from urllib.error import URLError

import torch
from torch import nn

from eot.victims.admit import Claim, admit_classifier
from eot.victims.any_victim import AnyVictim
from eot.victims.state_dict import fill, read_state
from eot.victims.torchvision_detectors import detector_names, load_torchvision_detector
from eot.victims.torchvision_segmenters import load_torchvision_segmenter, segmenter_names
from eot.victims.victim import Rgb
from renders.errors import InputError, nearest

LICENCE = "weights by torchvision (BSD-3-Clause code; trained on ImageNet-1k)"
# torchvision switches this on with its own weights only: they were trained on another normalisation.
OWN_NORMALISATION = ("googlenet", "inception_v3")


@dataclass(frozen=True)
class Preset:
    """What the default weights of an architecture were trained with."""

    input_px: tuple[int, int]
    mean: Rgb
    std: Rgb
    labels: tuple[str, ...]
    url: str


def _models() -> ModuleType:
    """torchvision's models, imported when they are wanted: it takes longer than to import torch."""
    import torchvision

    return torchvision.models


def classifier_names() -> tuple[str, ...]:
    """Every classification architecture of torchvision."""
    return tuple(_models().list_models(module=_models()))


def check_name(name: str) -> None:
    """Raises InputError, with the nearest names, unless torchvision has the classifier `name`."""
    if name not in classifier_names():
        known = (*classifier_names(), *detector_names(), *segmenter_names())
        raise InputError(f"torchvision has no classifier {name!r}: {nearest(name, known)}")


def preset(name: str) -> Preset:
    """Input size, normalisation and labels of the default weights of `name`."""
    weights = _models().get_model_weights(name)["DEFAULT"]
    transforms = weights.transforms()
    size = transforms.crop_size[0]
    return Preset(
        (size, size),
        tuple(transforms.mean),
        tuple(transforms.std),
        tuple(weights.meta["categories"]),
        weights.url,
    )


def empty_model(name: str, classes: int = 1000) -> nn.Module:
    """The architecture `name` with untrained weights."""
    check_name(name)
    with warnings.catch_warnings():
        # googlenet and inception_v3 warn that their initialisation is slow; it is overwritten anyway.
        warnings.simplefilter("ignore", FutureWarning)
        return _models().get_model(name, weights=None, num_classes=classes)


def load_torchvision(rest: str) -> AnyVictim:
    """The model `NAME` with torchvision's default weights, or `NAME@FILE` with the weights of a local file.

    Raises:
        InputError: unknown name, weights that cannot be downloaded, or a file that does not fit.
    """
    name, _, file = rest.partition("@")
    if name in detector_names():
        return load_torchvision_detector(name, file)
    if name in segmenter_names():
        return load_torchvision_segmenter(name, file)
    check_name(name)
    known = preset(name)
    if file:
        module = fill(_published_model(name), read_state(Path(file)), name)
        origin, licence = file, "not stated"
    else:
        module, origin, licence = _download(name, known), known.url, LICENCE
    claim = Claim(f"torchvision:{name}", origin, licence, known.input_px, known.labels, known.mean, known.std)
    return admit_classifier(module, claim)


def _published_model(name: str) -> nn.Module:
    module = empty_model(name)
    if name in OWN_NORMALISATION:
        module.transform_input = True  # type: ignore[assignment]
    return module


def _download(name: str, known: Preset) -> nn.Module:
    file = known.url.rsplit("/", 1)[-1]
    try:
        return _models().get_model(name, weights="DEFAULT")
    except (URLError, OSError, RuntimeError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0][:100]
        raise InputError(
            f"weights of torchvision:{name} must be downloaded once, which failed ({reason}): put "
            f"{known.url} at {Path(torch.hub.get_dir()) / 'checkpoints' / file}, or give your file as "
            f"torchvision:{name}@FILE"
        ) from error
