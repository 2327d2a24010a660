"""PatchCleanser: a certified defence by masking twice (Xiang et al. 2022).

Whatever a patch of at most `patch_px` shows, some mask of the set covers all of it. If the model is right
under every pair of masks, no content at any place can change the defended answer: that image is certified.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from renders.errors import InputError

Images = Float[Tensor, "n 3 h w"]
Classify = Callable[[Images], Float[Tensor, "n c"]]
GREY = 0.5


@dataclass(frozen=True)
class Masks:
    """A set of masks, 0 where a picture is covered: every patch is covered by one of them."""

    keep: Bool[Tensor, "m h w"]
    fill: float = GREY

    def on(self, images: Images, rows: Int[Tensor, " n"]) -> Images:
        """Each image under one mask."""
        return torch.where(self.keep[rows].to(images.device)[:, None], images, self.fill)


def masks_for(size_px: tuple[int, int], patch_px: int, along: int = 6) -> Masks:
    """`along`² square masks that cover every square patch of `patch_px` (section 3.2).

    The stride is s = ceil((side - patch + 1) / along) and a mask patch + s - 1 wide.
    """
    if not 1 <= patch_px <= min(size_px):
        raise InputError(
            f"patch_px: expected 1 to {min(size_px)}; got {patch_px}: it must fit in the picture"
        )
    spans = [_spans(side, patch_px, along) for side in size_px]
    keep = torch.ones(len(spans[0]) * len(spans[1]), *size_px, dtype=torch.bool)
    corners = [(down, across) for down in spans[0] for across in spans[1]]
    for mask, ((top, bottom), (left, right)) in zip(keep, corners, strict=True):
        mask[top:bottom, left:right] = False
    return Masks(keep)


def _spans(side: int, patch: int, along: int) -> list[tuple[int, int]]:
    stride = math.ceil((side - patch + 1) / along)
    width = patch + stride - 1
    starts = {min(start, side - width) for start in range(0, side - patch + 1, stride)}
    return [(start, start + width) for start in sorted(starts)]


@torch.no_grad()
def labels_under(classify: Classify, images: Images, masks: Masks) -> Int[Tensor, "n m m"]:
    """The label of every image under every pair of masks; the diagonal is one mask alone."""
    m = len(masks.keep)
    table = torch.empty(len(images), m, m, dtype=torch.int64)
    for first in range(m):
        once = masks.on(images, torch.full((len(images),), first))
        for second in range(first, m):
            twice = masks.on(once, torch.full((len(images),), second))
            table[:, first, second] = table[:, second, first] = classify(twice).argmax(-1).cpu()
    return table


def cleansed(table: Int[Tensor, "n m m"]) -> Int[Tensor, " n"]:
    """The defended answers (algorithm 1): agreement, else a minority that a second round confirms."""
    return torch.tensor([_answer(each) for each in table], dtype=torch.int64)


def _answer(pairs: Int[Tensor, "m m"]) -> int:
    once = pairs.diagonal()
    majority = int(once.mode().values)
    if bool((once == majority).all()):
        return majority
    for row in (once != majority).nonzero()[:, 0].tolist():
        if bool((pairs[row] == once[row]).all()):
            return int(once[row])
    return majority


def certified(table: Int[Tensor, "n m m"], truth: Int[Tensor, " n"]) -> Bool[Tensor, " n"]:
    """Images on which no patch changes the defended answer: right under every pair of masks (theorem 1)."""
    return (table == truth.to(table.device)[:, None, None]).flatten(1).all(1)
