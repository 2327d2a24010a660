"""Corners of dark squares to a few hundredths of a pixel: lines through their edges, intersected.

Convention: pixel-edge coordinates, the centre of pixel (row i, column j) lies at (j + 0.5, i + 0.5).
"""

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from eot.photos.light import LINEAR

ROUNDS = 6
# Samples along an edge leave out its ends, where the neighbouring edge bends the profile.
ENDS = 0.12
SAMPLES = 24
OFFSETS = 25
# So many samples at either end of a profile tell its dark and its bright level.
LEVEL = 6
# A profile reaches so many cells to either side.
REACH = 0.6
# Cells across a marker, its black border included.
CELLS = 8
MIN_REACH_PX, MAX_REACH_PX = 1.25, 5.0
# A corner that moves farther than this share of the marker's side has run after something else.
MAX_MOVE = 0.2

Quads = Float[np.ndarray, "m 4 2"]


def refined(grey: UInt8[np.ndarray, "h w"], corners_px: Quads) -> Quads:
    """The corners of dark squares on white, each edge a line fitted to where light steps up across it.

    `corners_px` are rough and clockwise from the top left. The profile is read in linear light, in which a
    lens mixes, so that its middle is the edge. A marker whose fit runs away keeps its rough corners.
    """
    if len(corners_px) == 0:
        return corners_px
    corners = corners_px.astype(np.float64)
    for round_ in range(ROUNDS):
        widest = 2.0 if round_ == 0 else MIN_REACH_PX
        corners = _intersections(*_fitted(grey, corners, widest))
    sides = np.linalg.norm(corners_px - np.roll(corners_px, -1, 1), axis=-1).mean(1)
    moved = np.linalg.norm(corners - corners_px, axis=-1).max(1)
    sound = moved < np.maximum(MAX_MOVE * sides, 2.0)  # NaN compares as unsound
    return np.where(sound[:, None, None], corners, corners_px)


def _fitted(grey: UInt8[np.ndarray, "h w"], corners: Quads, widest: float) -> tuple[Quads, Quads]:
    """The two end points of the line through every edge, `[m 4 2]` each."""
    start, end = corners, np.roll(corners, -1, 1)
    along = end - start
    length = np.linalg.norm(along, axis=-1, keepdims=True) + 1e-9
    outward = np.stack([along[..., 1], -along[..., 0]], -1) / length
    depth = np.abs(((np.roll(corners, -2, 1) - start) * outward).sum(-1))
    reach = np.clip(REACH * depth / CELLS, widest, MAX_REACH_PX)
    share = np.linspace(ENDS, 1 - ENDS, SAMPLES)
    offset = np.linspace(-1, 1, OFFSETS)[None, None] * reach[..., None]
    on_edge = start[:, :, None] + share[:, None] * along[:, :, None]
    points = on_edge[..., None, :] + offset[:, :, None, :, None] * outward[:, :, None, None]
    light = _sampled(grey, points)
    dark, bright = light[..., :LEVEL].mean(-1), light[..., -LEVEL:].mean(-1)
    weight = np.clip(bright - dark, 0, None)
    # Of a step between two levels the mean says where it is; noise of any strength averages out of it.
    lit = (light.mean(-1) - dark) / np.maximum(weight, 1e-6)
    shift = np.clip(1 - 2 * lit, -1, 1) * reach[..., None]
    constant, slope = _line(share - 0.5, shift, weight)
    ends = (constant - slope / 2)[..., None] * outward, (constant + slope / 2)[..., None] * outward
    return start + ends[0], end + ends[1]


def _sampled(grey: UInt8[np.ndarray, "h w"], points: Float[np.ndarray, "m 4 n o 2"]) -> np.ndarray:
    """Linear light at points of the image, bilinear between pixel centres."""
    flat = points.reshape(-1, SAMPLES * OFFSETS, 2)
    values = np.empty(flat.shape[:2], np.float32)
    for index, cloud in enumerate(flat):
        # A window around each edge keeps the conversion to light off the rest of a large photo.
        low = np.floor(cloud.min(0)).astype(int) - 2
        high = np.ceil(cloud.max(0)).astype(int) + 3
        left, top = np.clip(low, 0, (grey.shape[1] - 1, grey.shape[0] - 1))
        right, bottom = np.clip(high, (left + 1, top + 1), (grey.shape[1], grey.shape[0]))
        window = LINEAR[grey[top:bottom, left:right]]
        at = (cloud - (left, top) - 0.5).astype(np.float32)
        values[index] = cv2.remap(
            window, at[None, :, 0], at[None, :, 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )[0]
    return values.reshape(points.shape[:-1])


def _line(
    place: Float[np.ndarray, " n"], shift: Float[np.ndarray, "m 4 n"], weight: Float[np.ndarray, "m 4 n"]
) -> tuple[Float[np.ndarray, "m 4"], Float[np.ndarray, "m 4"]]:
    """Constant and slope of shift over place by weighted least squares, outliers left out once."""
    for _ in range(2):
        total = weight.sum(-1) + 1e-12
        mean_x = (weight * place).sum(-1) / total
        mean_y = (weight * shift).sum(-1) / total
        x, y = place - mean_x[..., None], shift - mean_y[..., None]
        slope = (weight * x * y).sum(-1) / ((weight * x * x).sum(-1) + 1e-12)
        residual = np.abs(y - slope[..., None] * x)
        typical = np.median(residual, -1, keepdims=True) + 0.02
        weight = weight * (residual < 4 * typical)
    return mean_y - slope * mean_x, slope


def _intersections(start: Quads, end: Quads) -> Quads:
    """Corner i is where edge i - 1 meets edge i."""
    before, after = np.roll(start, 1, 1), np.roll(end, 1, 1)
    line, other = _homogeneous(before, after), _homogeneous(start, end)
    meet = np.cross(line, other)
    with np.errstate(divide="ignore", invalid="ignore"):
        return meet[..., :2] / meet[..., 2:]


def _homogeneous(start: Quads, end: Quads) -> Float[np.ndarray, "m 4 3"]:
    one = np.ones((*start.shape[:2], 1))
    return np.cross(np.concatenate([start, one], -1), np.concatenate([end, one], -1))
