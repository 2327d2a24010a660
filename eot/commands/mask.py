"""The mask of a run: the one that is given, or the one that RP2's first stage finds, kept with the run."""

from collections.abc import Generator

import torch
from jaxtyping import Float
from torch import Tensor

from eot.commands.tick import Tick
from eot.mask_stage import importance, mask_stage
from eot.runs.build import Frame
from eot.runs.folder import RunFolder
from eot.runs.masks import fixed_mask, mask_of_importance
from eot.runs.packing import pack, unpack
from textures.write import write_bytes

Mask = Float[Tensor, "1 u v"]
# Enough for the l1 cost to settle; the colours are optimised afterwards.
STAGE_STEPS = 100


def sketch_mask(frame: Frame) -> Mask:
    """The given mask, or the whole article where one is still to be found: enough to try a build with."""
    mask = fixed_mask(frame.config, frame.article)
    return (frame.article.coverage >= 0.5).to(frame.article.faces) if mask is None else mask


def find_mask(folder: RunFolder, frame: Frame) -> Generator[Tick, None, Mask]:
    """The mask; an automatic one is found once and then read back, so that resuming changes nothing."""
    mask = fixed_mask(frame.config, frame.article)
    if mask is not None:
        return mask
    if folder.mask_path.is_file():
        return torch.as_tensor(unpack(folder.mask_path.read_bytes(), str(folder.mask_path)))
    faces = frame.article.faces.to(frame.device)
    coverage = frame.article.coverage.to(frame.device)
    train = frame.stream("mask", frame.config.optimiser.views)
    steps = min(STAGE_STEPS, frame.config.optimiser.steps)
    attack = mask_stage(faces, frame.problem(), train, steps=steps)
    found = torch.zeros_like(coverage)
    for done, found in enumerate(importance(faces, attack, coverage), 1):  # noqa: B007 - the last one is used
        yield Tick("mask", done, steps)
    mask = mask_of_importance(found.cpu(), frame.article, frame.config.sticker.area)
    write_bytes(folder.mask_path, pack(mask))
    return mask
