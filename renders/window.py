"""Cuts windows out of an image at any place and scale, without aliasing."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F


@dataclass(frozen=True)
class Picture:
    """An image at its full size and halved again and again, so that small windows cost little."""

    levels: tuple[Float[Tensor, "c _ _"], ...]

    @classmethod
    def of(cls, image: Float[Tensor, "c h w"]) -> "Picture":
        """The picture of an image; halving drops the last row or column of an odd number."""
        levels = [image]
        while min(levels[-1].shape[-2:]) >= 32:
            levels.append(F.avg_pool2d(levels[-1], 2))
        # Line after line in memory, each with all of its channels, as windows are cut.
        return cls(tuple(level.transpose(0, 1).contiguous().transpose(0, 1) for level in levels))

    def to(self, like: Tensor) -> "Picture":
        """The same picture on the device and with the dtype of a tensor."""
        return Picture(tuple(level.to(like) for level in self.levels))

    def window(
        self,
        left_px: Float[Tensor, " k"],
        top_px: Float[Tensor, " k"],
        width_px: Float[Tensor, " k"],
        size: tuple[int, int],
    ) -> Float[Tensor, "k c i j"]:
        """k windows of `size` pixels; pixels stay square, so the height follows from the width.

        Convention: pixel-edge coordinates of the full image, top-left origin. Outside the image its edge
        repeats. Minified windows are sampled several times per pixel and averaged. The whole image at its
        own size comes back unchanged.
        """
        if size == self.levels[0].shape[-2:] and bool(
            ((left_px == 0) & (top_px == 0) & (width_px == size[1])).all()
        ):
            return self.levels[0].expand(len(left_px), -1, -1, -1)
        scale = width_px / size[1]
        level = scale.double().log2().floor().clamp(0, len(self.levels) - 1)
        samples = (scale / 2**level - 1e-6).ceil().clamp_min(1)
        how = torch.stack([level, samples], -1).long()
        kinds = how.unique(dim=0).tolist()
        if len(kinds) == 1:
            return self._cut((left_px, top_px, scale), size, *kinds[0])
        # Each view by its own: what one shows must not hang on the others that are cut with it.
        cut = self.levels[0].new_empty(len(scale), len(self.levels[0]), *size)
        for kind in kinds:
            rows = (how == how.new_tensor(kind)).all(-1).nonzero()[:, 0]
            cut[rows] = self._cut((left_px[rows], top_px[rows], scale[rows]), size, *kind)
        return cut

    def _cut(
        self, place: tuple[Tensor, Tensor, Tensor], size: tuple[int, int], level: int, n: int
    ) -> Float[Tensor, "k c i j"]:
        """Windows at (left, top) whose pixels are `scale` wide, out of a level by n x n samples a pixel."""
        (left_px, top_px, scale), image = place, self.levels[level]
        scale = scale / 2**level
        height, width = image.shape[-2:]
        down = _samples(top_px / 2**level, scale, size[0] * n, n).clamp(0, height - 1)
        across = _samples(left_px / 2**level, scale, size[1] * n, n).clamp(0, width - 1)
        # The average of bilinear samples is a product of rows and columns: first the rows of all views are
        # summed, then the columns of what came of each.
        view = torch.arange(len(scale), device=image.device)[:, None]
        rows = _averaged(image.transpose(0, 1), down, n, 0 * view)  # k i c w
        columns = rows.permute(0, 3, 2, 1).flatten(0, 1)
        cut = _averaged(columns, across, n, width * view)  # k j c i
        return cut.permute(0, 2, 3, 1).contiguous()


def _samples(
    edge: Float[Tensor, " k"], scale: Float[Tensor, " k"], samples: int, n: int
) -> Float[Tensor, "k s"]:
    """Where a window is sampled along an axis, n times per pixel; 0 is the centre of the first pixel."""
    steps = (torch.arange(samples).to(edge) + 0.5) / n
    return edge[:, None] + steps * scale[:, None] - 0.5


def _averaged(
    lines: Float[Tensor, "l c d"], at: Float[Tensor, "k s"], n: int, first: Int[Tensor, "k 1"]
) -> Float[Tensor, "k j c d"]:
    """Means of n samples read between the lines of a stack; those of each view count from its `first`."""
    share = at - at.floor()
    index = torch.stack([at.floor(), at.ceil()], -1).long() + first[..., None]
    weight = torch.stack([1 - share, share], -1) / n
    bags, weights = (each.unflatten(1, (-1, n)).flatten(2).flatten(0, 1) for each in (index, weight))
    summed = F.embedding_bag(bags, lines.flatten(1), mode="sum", per_sample_weights=weights)
    return summed.unflatten(0, (len(at), -1)).unflatten(2, lines.shape[1:])
