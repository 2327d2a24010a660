"""Filtered texture lookup: a pixel gets the mean of the texels under it, not one of them.

Plain bilinear sampling of a texture seen from afar aliases: it renders many times too much contrast and
gives gradient to few texels, so an attack optimised on it sees pixels no camera would.
"""

from dataclasses import dataclass
from enum import Enum
from functools import cached_property

import torch
from jaxtyping import Float
from torch import Tensor

from renders.fragments import picked

PROBES = 4
# The square of the footprint over that of the texels that are looked up: 3 blurs as much as the mean over the
# footprint, 1 spreads the gradient best; here the picture's error is least and the gradient still follows.
SHARPER = 1.5


class Filter(Enum):
    """TRILINEAR: two mip levels by the longer side of the footprint (Williams 1983). ANISOTROPIC: up to 4
    probes along it. BILINEAR: the four nearest texels, no filter, as in older papers."""

    TRILINEAR = "trilinear"
    ANISOTROPIC = "anisotropic"
    BILINEAR = "bilinear"


@dataclass(frozen=True)
class Pyramid:
    """The mip levels of t textures side by side in one atlas; build it once per step, sample it per view.

    Convention: UV (0, 0) is the bottom-left corner, texel-AREA convention: row = (1 - v) H - 0.5,
    column = u W - 0.5. Filter linear light, colours premultiplied by coverage, never sRGB.
    """

    atlas: Float[Tensor, "t c a b"]
    sizes: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, image: Float[Tensor, "t c u v"]) -> "Pyramid":
        """The pyramid of an image of any size; each level is the area mean of the one below, down to 1 x 1.

        Level 0 stands left, the others below each other at its right.
        """
        levels = [image]
        while max(levels[-1].shape[-2:]) > 1:
            levels.append(_halved(_halved(levels[-1], -2), -1))
        sizes = tuple((level.shape[-2], level.shape[-1]) for level in levels)
        if len(levels) == 1:
            return cls(image, sizes)
        # Padded with zeros: a tap of weight zero on whatever is in memory could be nan. Put together by
        # concatenation: writing into an empty atlas costs a copy of all of it per level on the way back.
        right = torch.cat([_padded(level, level.shape[-2], sizes[1][1]) for level in levels[1:]], -2)
        height = max(sizes[0][0], right.shape[-2])
        return cls(torch.cat([_padded(part, height, part.shape[-1]) for part in (image, right)], -1), sizes)

    @cached_property
    def _table(self) -> Tensor:
        """Width, height, left and top of each level in the atlas `[4 levels]`."""
        heights = [height for height, _ in self.sizes]
        tops = [0] + [sum(heights[1:level]) for level in range(1, len(heights))]
        rows = [(w, h, self.sizes[0][1] * (i > 0), tops[i]) for i, (h, w) in enumerate(self.sizes)]
        return self.atlas.new_tensor(rows).T.contiguous()

    def sample(
        self,
        uv: Float[Tensor, "p 2"],
        footprint: Float[Tensor, "p 2 2"],
        how: Filter = Filter.TRILINEAR,
    ) -> Float[Tensor, "t c p"]:
        """The filtered colours at p points, the same points of every texture.

        `footprint` is d(u, v)/d(x_px, y_px), rows (u, v), columns (x, y), in UV per pixel. Beyond the
        texture its border texels go on.
        """
        u, v = uv.to(self.atlas).unbind(-1)
        if how is Filter.BILINEAR:
            return self._bilinear(u[None], v[None], torch.zeros_like(u, dtype=torch.int64)[None])[:, :, 0]
        texels = footprint.to(self.atlas) * self._table[:2, 0, None]
        if how is Filter.TRILINEAR:
            squared = texels.square()
            return self._trilinear(u, v, torch.maximum(*(squared[:, 0] + squared[:, 1]).unbind(-1)))
        return self._anisotropic(u, v, texels)

    def _trilinear(self, u: Tensor, v: Tensor, squared: Tensor) -> Tensor:
        """Between two levels: the footprint's (its side squared), or a little finer.

        The mean over a square of side f has the variance f^2 / 12; texels of side 2^l, themselves means,
        between which a tent is drawn, have 4^l / 4: the level of side f blurs three times as much. At a
        third of 4^l there would be too few texels under each sample to spread the gradient.
        """
        last = len(self.sizes) - 1
        # The clamp also keeps the logarithm finite where the texture is magnified.
        wanted = (squared / SHARPER).clamp(1, 4**last)
        lower = (wanted.detach().log2() * 0.5).floor()
        level = torch.stack([lower, (lower + 1).clamp_max(last)]).to(torch.int64)
        fine, coarse = self._bilinear(u.expand(2, -1), v.expand(2, -1), level).unbind(2)
        return torch.lerp(fine, coarse, (wanted * 4**-lower - 1) / 3)

    def _anisotropic(self, u: Tensor, v: Tensor, texels: Tensor) -> Tensor:
        """The mean of probes along the longer side of the footprint, each filtered by the shorter one."""
        squared = texels.square().sum(1)
        longer, shorter = squared.amax(-1), squared.amin(-1)
        side = torch.maximum(shorter, longer / PROBES**2)
        along = torch.where(squared[:, 0] >= squared[:, 1], texels[..., 0].T, texels[..., 1].T)
        probes = []
        for probe in range(PROBES):
            shift = along / self._table[:2, 0, None] * ((probe + 0.5) / PROBES - 0.5)
            probes.append(self._trilinear(u + shift[0], v + shift[1], side))
        return torch.stack(probes).mean(0)

    def _bilinear(self, u: Tensor, v: Tensor, level: Tensor) -> Tensor:
        """Four texels of the given level at points `[s p]`: `[t c s p]`."""
        width, height, left, top = picked(self._table, level.flatten()).unflatten(1, level.shape)
        # Half a texel from the border of the level, so that no tap falls on its neighbour in the atlas.
        x = torch.maximum(torch.minimum(u * width, width - 0.5), left.new_full((), 0.5)) + left
        y = torch.maximum(torch.minimum((1 - v) * height, height - 0.5), left.new_full((), 0.5)) + top
        rows, columns = self.atlas.shape[-2:]
        grid = torch.stack([x * (2 / columns) - 1, y * (2 / rows) - 1], -1)
        # All textures and channels in one image: the points are shared, so their places are found once.
        found = torch.nn.functional.grid_sample(
            self.atlas.flatten(0, 1)[None],
            grid[None],
            mode="bilinear",
            padding_mode="border",
            align_corners=False,
        )
        return found[0].unflatten(0, self.atlas.shape[:2])


def _padded(image: Tensor, height: int, width: int) -> Tensor:
    """The image with zeros below and at its right."""
    missing = (0, width - image.shape[-1], 0, height - image.shape[-2])
    return torch.nn.functional.pad(image, missing) if any(missing) else image


def _halved(image: Tensor, axis: int) -> Tensor:
    """The image at half its rows or columns (rounded down), each the exact mean of the area it covers."""
    size = image.shape[axis]
    half = size // 2
    if size == 1:
        return image
    if size % 2 == 0:
        first, second = image.unflatten(axis, (half, 2)).unbind(axis)
        return (first + second) * 0.5
    # An odd number: three taps whose weights drift along the image, 2 + 1/half texels wide.
    rows = image.transpose(axis, -1)
    first, second, third = (rows[..., start : start + 2 * half - 1 : 2] for start in range(3))
    place = torch.arange(half, device=image.device).to(image)
    halved = first * ((half - place) / size) + second * (half / size) + third * ((place + 1) / size)
    return halved.transpose(axis, -1)
