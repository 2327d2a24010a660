"""The default rasteriser, in torch operations only: each face becomes rows, each row a span of pixels.

No gradient, no clipping, no data-dependent order: the nearest fragment of a pixel wins by a packed key, so
the result is the same on every device and every run.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from renders.camera import Intrinsics
from renders.fragments import Fragments, edge_planes, picked
from renders.rasterisers.windows import EDGE_TOLERANCE_PX, Whole, Windows, buffers_for

FARTHEST_M = 1e9
EMPTY = torch.iinfo(torch.int64).max
CELLS_PER_PASS = 200_000  # larger working sets leave the caches of a CPU (measured 1.3-2 times slower)


@torch.no_grad()
def rasterise(
    vertices: Float[Tensor, "k v 3"],
    faces: Int[Tensor, "f 3"],
    camera: Intrinsics,
    size: tuple[int, int],
    *,
    closed: bool = False,
) -> Fragments:
    """The nearest face at the centre of each pixel of k views of `size` = (height, width).

    Convention: view space, +X left, +Y up, +Z forward, metres; the centre of pixel (row i, column j) is
    (j + 0.5, i + 0.5). Edges are inclusive. Faces may cross the camera's plane. A front face goes
    counter-clockwise as the camera sees it. `closed` promises that front faces hide all others from any
    camera outside: the others are then not looked at, unless some corner is not ahead of the camera.
    """
    height, width = size
    closed = closed and bool((vertices[..., 2] > 0).all())
    most = CELLS_PER_PASS if vertices.device.type == "cpu" else EMPTY
    buffers = buffers_for(vertices, faces, camera, size, most)
    cells, seen = [], []
    for part in buffers.passes(most):
        views = Intrinsics(camera.focal_px[part], camera.centre_x_px[part], camera.centre_y_px[part])
        cell, face = _visible(_prepare(vertices[part], faces, views, closed), buffers[part])
        cells.append(cell + part.start * height * width)
        seen.append(face + part.start * len(faces))
    none = torch.empty(0, dtype=torch.int64, device=vertices.device)
    cell, face = torch.cat([*cells, none]), torch.cat([*seen, none])
    return Fragments(cell, face, size, vertices.detach(), faces, camera)


@dataclass(frozen=True)
class _Faces:
    """n candidate faces: four planes each, rows to look at.

    Plane 0 to 2 are the distances to the edges in pixels, plane 3 is 1/z; all are >= 0 where it is seen.
    `lines [3 4 n]` holds of each plane the value at (0, 0), its slope down, and minus one over its slope
    across: together they give where it is 0 in any row.
    """

    packed: Tensor
    view: Tensor
    lines: Tensor
    depth_by_x: Tensor
    rows: tuple[Tensor, Tensor]


def _prepare(vertices: Tensor, faces: Tensor, camera: Intrinsics, closed: bool) -> _Faces:
    count = len(faces)
    low, high, possible = _boxes(vertices, faces, camera, closed)
    kept = (possible & (low[0] <= high[0]) & (low[1] <= high[1])).nonzero()[:, 0]
    edges = edge_planes(vertices, faces, camera, kept)
    inverse_z = edges.sum(1, keepdim=True)
    # Faces seen edge-on have planes of inf or nan, which a sum shows: they are left without a row.
    flat = ~inverse_z.sum((0, 1)).isfinite()
    inverse_z[2] -= 1 / FARTHEST_M
    edges /= torch.hypot(edges[0], edges[1]).clamp_min_(torch.finfo(edges.dtype).tiny)
    edges[2] += EDGE_TOLERANCE_PX
    by_x, by_y, constant = torch.cat([edges, inverse_z], 1)
    # A level edge bounds all of a row or nothing: so does this slope, without a division by zero.
    across = torch.where(by_x == 0, torch.finfo(by_x.dtype).tiny, by_x).reciprocal_().neg_()
    rows = low[1].index_select(0, kept), high[1].index_select(0, kept).masked_fill_(flat, -1)
    return _Faces(kept, kept // count, torch.stack([constant, by_y, across]), by_x[3], rows)


def _boxes(
    vertices: Tensor, faces: Tensor, camera: Intrinsics, closed: bool
) -> tuple[Tensor, Tensor, Tensor]:
    """First and last pixel centres `[2 (x y), n]` each face can cover, and whether it can be seen at all."""
    x, y, z = vertices.double().unbind(-1)
    corners = faces.T.flatten()
    scale = camera.focal_px.double()[:, None] / z
    pixels = torch.stack(
        [
            camera.centre_x_px.double()[:, None] - x * scale,
            camera.centre_y_px.double()[:, None] - y * scale,
        ]
    )
    pixels = picked(pixels, corners).unflatten(2, (3, -1))
    depth = picked(z, corners).unflatten(1, (3, -1))
    crosses = (depth.amin(1) <= 0).expand(2, -1, -1)
    low = torch.where(crosses, -torch.inf, pixels.amin(2)).sub_(0.5 + EDGE_TOLERANCE_PX).ceil_()
    high = torch.where(crosses, torch.inf, pixels.amax(2)).add_(EDGE_TOLERANCE_PX - 0.5).floor_()
    possible = _front(pixels) if closed else depth.amax(1) > 0
    return low.flatten(1), high.flatten(1), possible.flatten()


def _front(pixels: Tensor) -> Tensor:
    """Whether faces `[2 (x y), k, 3 corners, n]` ahead of the camera go counter-clockwise, y being down."""
    (ax, bx, cx), (ay, by, cy) = (part.unbind(1) for part in pixels)
    return (bx - ax) * (cy - ay) <= (by - ay) * (cx - ax)


def _visible(faces: _Faces, buffers: Whole | Windows) -> tuple[Tensor, Tensor]:
    """Covered cells in ascending order and the packed face each one sees."""
    height, _ = buffers.size
    face, row = _expanded(faces.rows[0].clamp(0, height), faces.rows[1].clamp(-1, height - 1))
    view = faces.view.index_select(0, face)
    # One copy for all twelve: many small temporaries cost more than they hold.
    at_zero, by_y, across = picked(faces.lines, face)
    at_zero.addcmul_(by_y, row + 0.5)
    # The plane bounds x from below where it rises along the row, from above where it falls.
    rising, root = across < 0, at_zero * across
    left = torch.where(rising, root, -torch.inf).amax(0)
    right = root.masked_fill_(rising, torch.inf).amin(0)
    first, last = buffers.clipped((left - 0.5).ceil_(), (right - 0.5).floor_(), view)

    span, column = _expanded(first, last)
    depth_by_x = faces.depth_by_x.index_select(0, face)
    inverse_z = at_zero[3].index_select(0, span).addcmul_(depth_by_x.index_select(0, span), column + 0.5)
    inverse_z += 1 / FARTHEST_M
    depth_bits = inverse_z.reciprocal_().float().view(torch.int32).to(torch.int64)
    cell = buffers.row_start(view, row.to(torch.int64)).index_select(0, span).add_(column.to(torch.int64))
    key = depth_bits.bitwise_left_shift_(32).bitwise_or_(face.index_select(0, span))
    nearest = torch.full((buffers.cells,), EMPTY, dtype=torch.int64, device=key.device)
    nearest.scatter_reduce_(0, cell, key, "amin")
    covered = (nearest != EMPTY).nonzero()[:, 0]
    winner = nearest[covered] & 0xFFFFFFFF
    return buffers.in_pictures(covered, winner, faces.view), faces.packed[winner]


def _expanded(first: Tensor, last: Tensor) -> tuple[Tensor, Tensor]:
    """Every whole number of the ranges first..last (may be empty): the range it is of, and the number."""
    counts = (last - first + 1).clamp_min_(0).to(torch.int64)
    ends = counts.cumsum(0)
    total = int(ends[-1]) if len(ends) else 0
    owner = torch.repeat_interleave(counts, output_size=total)
    start = first - (ends - counts)
    return owner, start.index_select(0, owner) + torch.arange(total, device=first.device)
