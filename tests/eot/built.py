"""What the tests of whole runs share: a run built from the tiny configuration with a few keys changed."""

from pathlib import Path

import torch

from eot.runs.build import Built, Frame, build, frame_of
from eot.runs.config import load_config
from eot.runs.masks import fixed_mask

CPU = torch.device("cpu")
PATCH = ("article.kind=patch", "article.width_mm=500", "sticker.mask=full", "camera.framing=frame")


def frame(tiny: Path, *sets: str) -> Frame:
    return frame_of(load_config(tiny, sets), CPU)


def built(tiny: Path, *sets: str) -> Built:
    one = frame(tiny, *sets)
    mask = fixed_mask(one.config, one.article)
    assert mask is not None
    return build(one, mask)
