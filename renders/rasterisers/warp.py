"""The rasteriser on NVIDIA Warp: a thread for each face, an atomic minimum for each pixel; CPU and CUDA.

The arithmetic is that of `spans` in float64, so both see the same faces; on a CPU it is faster from about
50,000 faces on. The first call compiles the kernel (seconds) and keeps it in Warp's cache.
"""

from typing import no_type_check

import torch
import warp as wp
from jaxtyping import Float, Int
from torch import Tensor

from renders.camera import Intrinsics
from renders.fragments import Fragments
from renders.rasterisers.spans import EDGE_TOLERANCE_PX, EMPTY, FARTHEST_M

# no_type_check below: these functions are compiled by Warp, and no checker of Python can read them.
# On a GPU neighbouring threads share the rows of a face, so that a large one does not wait for one thread.
CUDA_LANES = 32
EDGE = wp.constant(wp.float64(EDGE_TOLERANCE_PX))
FARTHEST = wp.constant(wp.float64(FARTHEST_M))
ZERO, HALF, ONE = (wp.constant(wp.float64(value)) for value in (0.0, 0.5, 1.0))
INFINITE = wp.constant(wp.float64(1e300))

# It would greet on stdout.
wp.config.log_level = wp.LOG_ERROR
wp.init()


@torch.no_grad()
def rasterise(
    vertices: Float[Tensor, "k v 3"],
    faces: Int[Tensor, "f 3"],
    camera: Intrinsics,
    size: tuple[int, int],
    *,
    closed: bool = False,
) -> Fragments:
    """The nearest face at each pixel; see `renders.rasterisers.spans.rasterise`."""
    height, width = size
    device = vertices.device
    keys = torch.full((len(vertices) * height * width,), EMPTY, dtype=torch.int64, device=device)
    cameras = torch.stack([camera.focal_px, camera.centre_x_px, camera.centre_y_px], -1)
    lanes = CUDA_LANES if device.type == "cuda" else 1
    wp.launch(
        _nearest,
        dim=(len(vertices), len(faces), lanes),
        inputs=[
            wp.from_torch(vertices.detach().double().contiguous(), dtype=wp.vec3d),
            wp.from_torch(faces.int().contiguous(), dtype=wp.vec3i),
            wp.from_torch(cameras.double().contiguous(), dtype=wp.vec3d),
            height,
            width,
            lanes,
            closed and bool((vertices[..., 2] > 0).all()),
            wp.from_torch(keys, dtype=wp.int64),
        ],
        device=wp.device_from_torch(device),
    )
    cell = (keys != EMPTY).nonzero()[:, 0]
    face = (keys[cell] & 0xFFFFFFFF) + cell // (height * width) * len(faces)
    return Fragments(cell, face, size, vertices.detach(), faces, camera)


@no_type_check
@wp.func
def _within(bounds: wp.vec2d, plane: wp.vec3d, y: wp.float64) -> wp.vec2d:
    """The part of a row (left, right) on which an edge plane (by x, by y, constant) is not negative."""
    length = wp.max(wp.sqrt(plane[0] * plane[0] + plane[1] * plane[1]), wp.float64(1e-300))
    value = (plane[2] + plane[1] * y) / length + EDGE
    slope = plane[0] / length
    if slope > ZERO:
        return wp.vec2d(wp.max(bounds[0], -value / slope), bounds[1])
    if slope < ZERO:
        return wp.vec2d(bounds[0], wp.min(bounds[1], -value / slope))
    if value < ZERO:
        return wp.vec2d(ONE, ZERO)
    return bounds


@no_type_check
@wp.func
def _plane(normal: wp.vec3d, camera: wp.vec3d) -> wp.vec3d:
    """A plane through the camera as a function of the pixel: by x, by y, constant."""
    by_x = -normal[0] / camera[0]
    by_y = -normal[1] / camera[0]
    return wp.vec3d(by_x, by_y, normal[2] - by_x * camera[1] - by_y * camera[2])


@no_type_check
@wp.func
def _row_of(point: wp.vec3d, camera: wp.vec3d) -> wp.float64:
    """Where a point falls down the image."""
    return camera[2] - camera[0] * point[1] / point[2]


@no_type_check
@wp.kernel
def _nearest(
    vertices: wp.array2d(dtype=wp.vec3d),
    faces: wp.array(dtype=wp.vec3i),
    cameras: wp.array(dtype=wp.vec3d),
    height: int,
    width: int,
    lanes: int,
    closed: bool,
    keys: wp.array(dtype=wp.int64),
):
    """Depth and face of the nearest fragment of each pixel, packed into one number as in `spans`."""
    view, index, lane = wp.tid()
    face = faces[index]
    a, b, c = vertices[view, face[0]], vertices[view, face[1]], vertices[view, face[2]]
    low, high = ZERO, wp.float64(height) - ONE
    if a[2] <= ZERO and b[2] <= ZERO and c[2] <= ZERO:
        return
    camera = cameras[view]
    if a[2] > ZERO and b[2] > ZERO and c[2] > ZERO:
        ya, yb, yc = _row_of(a, camera), _row_of(b, camera), _row_of(c, camera)
        low = wp.max(low, wp.ceil(wp.min(ya, wp.min(yb, yc)) - HALF - EDGE))
        high = wp.min(high, wp.floor(wp.max(ya, wp.max(yb, yc)) - HALF + EDGE))
    normal = wp.cross(b, c)
    volume = wp.dot(a, normal)
    # The corners go clockwise: what is seen would be the inside.
    if closed and volume > ZERO:
        return
    if wp.abs(volume) <= wp.float64(1e-15) * wp.length(a) * wp.length(b) * wp.length(c):
        return
    first = _plane(normal / volume, camera)
    second = _plane(wp.cross(c, a) / volume, camera)
    third = _plane(wp.cross(a, b) / volume, camera)
    depth = first + second + third
    row = int(low) + lane
    while row <= int(high):
        y = wp.float64(row) + HALF
        bounds = wp.vec2d(-INFINITE, INFINITE)
        bounds = _within(bounds, first, y)
        bounds = _within(bounds, second, y)
        bounds = _within(bounds, third, y)
        start = wp.max(wp.ceil(bounds[0] - HALF), ZERO)
        end = wp.min(wp.floor(bounds[1] - HALF), wp.float64(width) - ONE)
        if start <= end:
            for column in range(int(start), int(end) + 1):
                inverse_z = depth[2] + depth[1] * y + depth[0] * (wp.float64(column) + HALF)
                if inverse_z * FARTHEST > ONE:
                    bits = wp.cast(wp.float32(ONE / inverse_z), wp.int32)
                    key = (wp.int64(bits) << wp.int64(32)) | wp.int64(index)
                    wp.atomic_min(keys, (view * height + row) * width + column, key)
        row += lanes
