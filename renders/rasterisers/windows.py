"""The part of each picture that has a depth buffer: where there are many pixels, what can show anything."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from renders.camera import Intrinsics

EDGE_TOLERANCE_PX = 1e-6  # a pixel centre on a shared edge belongs to both faces: the z-buffer decides
# The share of the pictures that windows must be smaller than to make up for counting covered cells twice.
SPARSE = 1 / 6


@dataclass(frozen=True)
class Whole:
    """All of k pictures of `size` = (height, width)."""

    views: int
    size: tuple[int, int]

    def __getitem__(self, part: slice) -> "Whole":
        return Whole(len(range(self.views)[part]), self.size)

    @property
    def cells(self) -> int:
        """The number of all cells."""
        return self.views * self.size[0] * self.size[1]

    def passes(self, most: int) -> Iterator[slice]:
        """Runs of views with at most so many cells together, or of one view."""
        step = max(1, most // (self.size[0] * self.size[1]))
        return (slice(first, min(first + step, self.views)) for first in range(0, self.views, step))

    def clipped(self, first: Tensor, last: Tensor, view: Int[Tensor, " r"]) -> tuple[Tensor, Tensor]:
        """First and last columns of spans, in place within the picture; what is beside it has none."""
        return first.clamp_(0, self.size[1]), last.clamp_(-1, self.size[1] - 1)

    def row_start(self, view: Int[Tensor, " r"], row: Int[Tensor, " r"]) -> Int[Tensor, " r"]:
        """The cell of column 0 of a row."""
        return view * (self.size[0] * self.size[1]) + row * self.size[1]

    def in_pictures(
        self, cell: Int[Tensor, " p"], face: Int[Tensor, " p"], view_of: Int[Tensor, " f"]
    ) -> Int[Tensor, " p"]:
        """The same cells."""
        return cell


@dataclass(frozen=True)
class Windows:
    """A rectangle of each of k pictures of `size` = (height, width); together they make one depth buffer."""

    left: Int[Tensor, " k"]
    top: Int[Tensor, " k"]
    wide: Int[Tensor, " k"]
    high: Int[Tensor, " k"]
    size: tuple[int, int]

    def __getitem__(self, part: slice) -> "Windows":
        return Windows(self.left[part], self.top[part], self.wide[part], self.high[part], self.size)

    @cached_property
    def starts(self) -> Int[Tensor, " n"]:
        """The first cell of each in the buffer, and their number."""
        ends = (self.wide * self.high).cumsum(0)
        return torch.cat([ends.new_zeros(1), ends])

    @cached_property
    def cells(self) -> int:
        """The number of all cells."""
        return int(self.starts[-1])

    def passes(self, most: int) -> Iterator[slice]:
        """Runs of views with at most so many cells together, or of one view."""
        starts, first = self.starts.tolist(), 0
        for end in range(1, len(starts)):
            if end == len(starts) - 1 or starts[end + 1] - starts[first] > most:
                yield slice(first, end)
                first = end

    def clipped(self, first: Tensor, last: Tensor, view: Int[Tensor, " r"]) -> tuple[Tensor, Tensor]:
        """First and last columns of spans, in place within the window of their view."""
        ends = torch.stack([self.left, self.left + self.wide]).double()
        low, end = ends.index_select(1, view)
        return first.clamp_(low, end), last.clamp_(low - 1, end - 1)

    def row_start(self, view: Int[Tensor, " r"], row: Int[Tensor, " r"]) -> Int[Tensor, " r"]:
        """The cell of column 0 of a row, were it in the window."""
        start = self.starts[:-1] - self.top * self.wide - self.left
        return start.index_select(0, view).addcmul_(row, self.wide.index_select(0, view))

    def in_pictures(
        self, cell: Int[Tensor, " p"], face: Int[Tensor, " p"], view_of: Int[Tensor, " f"]
    ) -> Int[Tensor, " p"]:
        """The same cells of the views of faces, counted as view * height * width + row * width + column."""
        (height, width), view = self.size, view_of.index_select(0, face)
        wide = self.wide.index_select(0, view)
        within = cell - self.starts.index_select(0, view)
        # A whole quotient of doubles is exact far beyond any picture, and faster than that of integers.
        row = (within.double() + 0.5).div_(wide).floor_().to(torch.int64)
        start = (torch.arange(len(self.left), device=view.device) * height + self.top) * width + self.left
        return start.index_select(0, view) + within + row * (width - wide)


def buffers_for(
    vertices: Float[Tensor, "k v 3"],
    faces: Int[Tensor, "f 3"],
    camera: Intrinsics,
    size: tuple[int, int],
    most: int,
) -> Whole | Windows:
    """Windows where they pay: in pictures larger than `most` cells together, most of them empty."""
    whole = Whole(len(vertices), size)
    if whole.cells <= most:
        return whole
    windows = windows_of(vertices, faces, camera, size)
    return windows if windows.cells < SPARSE * whole.cells else whole


def windows_of(
    vertices: Float[Tensor, "k v 3"], faces: Int[Tensor, "f 3"], camera: Intrinsics, size: tuple[int, int]
) -> Windows:
    """Around all vertices ahead of each view; the whole picture where a face is ahead of it in part only."""
    x, y, z = vertices.double().unbind(-1)
    scale = camera.focal_px.double()[:, None] / z
    behind = z <= 0
    crossed = _crossed(behind, faces)[:, None]
    edges = []
    for centre, across, side in ((camera.centre_x_px, x, size[1]), (camera.centre_y_px, y, size[0])):
        pixels = centre.double()[:, None] - across * scale
        low = (pixels - (0.5 + EDGE_TOLERANCE_PX)).ceil().masked_fill(behind, torch.inf).amin(1, keepdim=True)
        high = (
            (pixels + (EDGE_TOLERANCE_PX - 0.5)).floor().masked_fill(behind, -torch.inf).amax(1, keepdim=True)
        )
        low = low.masked_fill(crossed, 0).nan_to_num(0).clamp(0, side)[:, 0].to(torch.int64)
        high = high.masked_fill(crossed, side - 1).nan_to_num(side - 1).clamp(-1, side - 1)
        edges.append((low, (high[:, 0].to(torch.int64) - low + 1).clamp_min(0)))
    (left, wide), (top, tall) = edges
    return Windows(left, top, wide, tall, size)


def _crossed(behind: Bool[Tensor, "k v"], faces: Int[Tensor, "f 3"]) -> Bool[Tensor, " k"]:
    """Whether any face of each view has corners on both sides of the camera's plane."""
    if not bool(behind.any()):
        return behind.new_zeros(len(behind))
    corners = behind[:, faces]
    return (corners.any(-1) & ~corners.all(-1)).any(-1)
