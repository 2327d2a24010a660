"""Cuts windows out of an image at any place and scale, without aliasing."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
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
        return cls(tuple(levels))

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
        level = min(int(math.log2(max(1.0, float(scale.min())))), len(self.levels) - 1)
        image, scale = self.levels[level], scale / 2**level
        height, width = image.shape[-2:]
        n = max(1, math.ceil(float(scale.max()) - 1e-6))
        rows = (torch.arange(size[0] * n).to(image) + 0.5) / n
        columns = (torch.arange(size[1] * n).to(image) + 0.5) / n
        x = (left_px[:, None] / 2**level + columns * scale[:, None]) / width * 2 - 1
        y = (top_px[:, None] / 2**level + rows * scale[:, None]) / height * 2 - 1
        shape = (len(scale), len(rows), len(columns))
        grid = torch.stack([x[:, None, :].expand(shape), y[:, :, None].expand(shape)], -1)
        # The batch is folded into the grid's height: one image, many windows, no copies of the image.
        cut = F.grid_sample(
            image[None], grid.flatten(0, 1)[None], mode="bilinear", padding_mode="border", align_corners=False
        )
        cut = cut[0].unflatten(1, shape[:2]).transpose(0, 1)
        return F.avg_pool2d(cut, n) if n > 1 else cut
