"""Detectors from torchvision's model zoo, with its weights or with a local file."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import nn

from eot.victims.admit import Claim, admit
from eot.victims.any_victim import AnyVictim
from eot.victims.state_dict import fill, read_state
from eot.victims.torchvision_dense import OneStage, TwoStage
from renders.errors import InputError

LICENCE = "weights by torchvision (BSD-3-Clause code; trained on COCO)"
# Pictures are probed at this size; each model resizes as it was trained.
PROBE_PX = (320, 320)


def detector_names() -> tuple[str, ...]:
    """Every detection architecture of torchvision that answers boxes."""
    from torchvision import models

    return tuple(models.list_models(module=models.detection))


def load_torchvision_detector(name: str, file: str) -> AnyVictim:
    """The detector `name` with torchvision's default weights, or with those of a local file.

    Raises:
        InputError: weights that cannot be downloaded, or a file that does not fit.
    """
    from torchvision import models

    published = models.get_model_weights(name)["DEFAULT"]
    labels = tuple(published.meta["categories"])
    if file:
        empty = models.get_model(name, weights=None, weights_backbone=None, num_classes=len(labels))
        module, origin, licence = fill(empty, read_state(Path(file)), name), file, "not stated"
    else:
        module, origin, licence = download(name, published.url), published.url, LICENCE
    claim = Claim(f"torchvision:{name}", origin, licence, PROBE_PX, labels)
    return admit_torchvision(module, claim)


def admit_torchvision(module: Any, claim: Claim) -> AnyVictim:
    """The victim made of a detector as torchvision builds it."""
    dense = TwoStage(module) if hasattr(module, "roi_heads") else OneStage(module)
    return admit(dense, replace(claim, setting=dense.setting))


def download(name: str, url: str) -> nn.Module:
    """torchvision's own model with its default weights. Raises InputError where they cannot be had."""
    from torchvision import models

    try:
        return models.get_model(name, weights="DEFAULT")
    except (OSError, RuntimeError) as error:  # URLError is an OSError
        reason = (str(error).strip() or type(error).__name__).splitlines()[0][:100]
        raise InputError(
            f"weights of torchvision:{name} must be downloaded once, which failed ({reason}): fetch {url} "
            f"and give it as torchvision:{name}@FILE"
        ) from error
