"""One step through the random applier of T-SEA (Huang et al. 2023, CVPR), for the table of `detector_step`.

It is taken from a clone of VDIGPKU/T-SEA, which is no package and has no licence: none of it is copied here.
Its code asks for CUDA tensors by name; they are made in main memory instead. What is timed is the patch put
on everyone who is seen, as configs/advpatch/v5.yaml has it, and the passes of the detector; not that theirs
looks for the boxes anew at each step.
"""

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest import mock

import torch
from torch import Tensor

from renders.errors import InputError

PATCH_PX = 300
# Theirs fills the boxes of every photo up to so many (`max_boxes` of its attacker), and pays for each.
BOXES = 15
SETTINGS = SimpleNamespace(SCALE=0.2, TRANSFORM=["jitter", "median_pool", "rotate"])


def tsea_step(
    clone: Path, canvas: Tensor, boxes: list[Tensor], loss: Callable[[Tensor], Tensor], room: int = BOXES
) -> Callable[[], object]:
    """A step of theirs on the pictures [n 3 h w].

    Args:
        boxes: of whom is to wear the patch, of each picture [k 4]: corners in pixels.
        room: for so many in each picture.
    """
    applier = _applier(clone)
    patch = torch.full((1, 3, PATCH_PX, PATCH_PX), 0.5, requires_grad=True)
    worn = _padded(boxes, canvas.shape[-1], room)

    def step() -> None:
        patch.grad = None
        with mock.patch.object(torch.cuda, "FloatTensor", torch.FloatTensor):
            # It writes into the boxes it is given.
            loss(applier(canvas, patch, worn.clone())).backward()

    step()
    assert patch.grad is not None and bool(patch.grad.any()), "the patch must reach the loss"
    return step


def _applier(clone: Path) -> Any:
    folder = clone / "attack" / "uap"
    if not (folder / "applier.py").is_file():
        raise InputError(f"--t-sea {clone}: expected a clone of VDIGPKU/T-SEA; got no attack/uap/applier.py")
    # A package of its own: the clone's `attack` imports every detector it knows.
    package = ModuleType("tsea_uap")
    package.__path__ = [str(folder)]
    sys.modules[package.__name__] = package
    return importlib.import_module("tsea_uap.applier").PatchRandomApplier(torch.device("cpu"), SETTINGS)


def _padded(boxes: list[Tensor], side_px: int, room: int) -> Tensor:
    """[n room 6] as theirs: corners over the side of the picture, confidence, class.

    A box for nobody lies outside of the picture; theirs is without area, which is no number on the CPU.
    """
    table = torch.tensor([2, 2, 2.1, 2.1, 0, 0]).repeat(len(boxes), room, 1)
    for row, one in zip(table, boxes, strict=True):
        row[: len(one), :4] = one[:room] / side_px
        row[: len(one), 4] = 1
    return table
