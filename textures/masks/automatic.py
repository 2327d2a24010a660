"""The mask that RP2's l1 stage finds: the most important area, in shapes that can be cut and glued."""

import math

import cv2
import numpy as np
import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from renders.errors import InputError

# Thinner than this share of the shorter side cannot be handled as a sticker (47 mm on a stop sign).
THINNEST = 1 / 16
# Specks below this share of the allowed area are dropped; what they held goes to the larger pieces.
SPECK = 0.1
TRIALS = 31


def largest(
    importance: Float[Tensor, "1 u v"], coverage: Float[Tensor, "1 u v"], area: float
) -> Float[Tensor, "1 u v"]:
    """The most important texels of the face up to `area` (share of the face), cleaned to printable shapes.

    Eykholt et al. 2018, section 3.3, draw tape around the l1 result by hand; here importance is averaged over
    what a sticker can hold, thresholded, opened by a disc and freed of specks, at the threshold that uses the
    area best without going over. The mask is 0 or 1 and keeps off the edge of the plate. Raises InputError
    when nothing is important or the area is outside 0 to 1.
    """
    if not 0 < area <= 1:
        raise InputError(f"expected an area above 0 and at most 1; got {area:g}: 0.2 is a fifth of the face")
    plate = (coverage[0].detach().cpu().numpy() >= 0.999).astype(np.uint8)
    found = importance[0].detach().double().cpu().numpy() * plate
    if not np.isfinite(found).all() or not (found > 0).any():
        raise InputError(
            "expected a texel that matters; got importance 0 everywhere: give sticker boxes instead"
        )
    budget = math.floor(area * coverage.double().sum().item() + 1e-6)
    radius = _radius(plate.shape, budget)
    score = _averaged(found, plate, radius)
    order = np.argsort(-score[plate > 0], kind="stable")
    rank = np.full(plate.shape, plate.size)
    rank[plate > 0] = np.argsort(order, kind="stable")
    best = np.zeros_like(plate)
    # Cleaning takes area away, so more than the budget may go in; past twice of it nothing better comes.
    for share in np.linspace(0.5, 2, TRIALS):
        cleaned = _cleaned((rank < share * budget).astype(np.uint8), radius, SPECK * budget)
        if best.sum() < cleaned.sum() <= budget:
            best = cleaned
    if not best.any():
        raise InputError(
            f"expected an area that holds a sticker; got {area:g} of {plate.shape} texels: raise it"
        )
    return torch.from_numpy(best)[None].to(importance)


def _radius(size: tuple[int, ...], budget: int) -> int:
    """Of the disc that must fit everywhere, in texels: the thinnest sticker, less where the area is tiny."""
    return max(0, min(round(THINNEST * min(size) / 2), int(math.sqrt(budget / math.pi) / 2)))


def _averaged(
    found: Shaped[np.ndarray, "u v"], plate: Shaped[np.ndarray, "u v"], radius: int
) -> Shaped[np.ndarray, "u v"]:
    """Importance averaged over the radius; beyond the plate nothing counts, neither for nor against."""
    sigma = max(radius, 0.5)
    weight = cv2.GaussianBlur(plate.astype(np.float64), (0, 0), sigma, borderType=cv2.BORDER_CONSTANT)
    blurred = cv2.GaussianBlur(found, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT)
    return blurred / np.maximum(weight, 1e-9)


def _cleaned(mask: Shaped[np.ndarray, "u v"], radius: int, speck: float) -> Shaped[np.ndarray, "u v"]:
    """Without holes, without what is thinner than the disc, without specks."""
    # Distances do not see beyond the picture, so a sticker may run up to its edge.
    eroded = (cv2.distanceTransform(mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE) > radius).astype(np.uint8)
    opened = (cv2.distanceTransform(1 - eroded, cv2.DIST_L2, cv2.DIST_MASK_PRECISE) <= radius).astype(
        np.uint8
    )
    opened &= mask
    count, labels, stats, _ = cv2.connectedComponentsWithStats(1 - opened, connectivity=8)
    small_holes = [i for i in range(1, count) if stats[i, cv2.CC_STAT_AREA] <= math.pi * radius**2]
    opened[np.isin(labels, small_holes)] = 1
    count, labels, stats, _ = cv2.connectedComponentsWithStats(opened, connectivity=4)
    kept = [i for i in range(1, count) if stats[i, cv2.CC_STAT_AREA] >= speck]
    return np.isin(labels, kept).astype(np.uint8)
