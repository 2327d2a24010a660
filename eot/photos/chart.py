"""Reads the colours of a printed chart from a photo, uneven light taken out by its fields of bare paper."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, UInt8

from eot.photos.light import LINEAR
from eot.photos.register import mapped
from renders.errors import InputError
from textures.sheets.manifest import Cell

# The middle of a field, as a share of its side: ink and blur of its neighbours stay outside.
MIDDLE = 0.46
SAMPLES = 24
# The darkest and the brightest share of the samples of a field is left out: dust, glare, JPEG.
TRIM = 0.25
CLIPPED = 250
LEAST_PAPER, LEAST_PX = 12, 4.0
PAPER = (255, 255, 255)
# A field whose samples differ by more than this share of its light shows glare or an edge.
UNEVEN = 0.5


@dataclass(frozen=True, eq=False)
class Reading:
    """n fields of a chart: the colours that were sent to the printer, and what the camera saw of them.

    Args:
        asked: sRGB in [0, 1].
        seen: linear light as if every field lay where the light of bare paper is 1.
        paper: which fields are bare paper.
    """

    asked: Float[np.ndarray, "n 3"]
    seen: Float[np.ndarray, "n 3"]
    paper: Bool[np.ndarray, " n"]

    def only(self, chosen: Bool[np.ndarray, " n"]) -> "Reading":
        """Some of the fields."""
        return Reading(self.asked[chosen], self.seen[chosen], self.paper[chosen])


def read_chart(
    levels: UInt8[np.ndarray, "h w 3"], homography: Float[np.ndarray, "3 3"], cells: Sequence[Cell]
) -> Reading:
    """All fields that can be read. Raises InputError where the photo cannot be used, with what to do."""
    asked = np.array([cell.srgb for cell in cells], np.float64) / 255
    boxes = np.array([cell.box_mm for cell in cells], np.float64)
    _check_size(homography, boxes)
    samples = _samples(levels, homography, boxes)
    paper = np.array([tuple(cell.srgb) == PAPER for cell in cells])
    _check_paper(samples[paper])
    light = np.sort(LINEAR[samples], 1)
    cut = int(TRIM * light.shape[1])
    seen = light[:, cut : light.shape[1] - cut].mean(1).astype(np.float64)
    spread = (light[:, -cut - 1] - light[:, cut]).max(-1)
    even = spread <= UNEVEN * np.maximum(seen.max(-1), 0.05)
    flat = seen / _paper_light(boxes, seen, paper & even)
    reading = Reading(asked, flat, paper).only(even)
    if even.sum() < 0.8 * len(cells):
        raise InputError(
            f"{int((~even).sum())} of {len(cells)} fields are uneven (glare, shadow?): take another photo"
        )
    return reading


def _check_size(homography: Float[np.ndarray, "3 3"], boxes: Float[np.ndarray, "n 4"]) -> None:
    around = np.array([(0, 0), (1, 0), (1, 1), (0, 1)])
    corners = boxes[:, None, :2] + around * boxes[:, None, 2:]
    seen = mapped(homography, corners.reshape(-1, 2)).reshape(-1, 4, 2)
    side = float(np.linalg.norm(np.roll(seen, -1, 1) - seen, axis=-1).min())
    if side * MIDDLE < LEAST_PX:
        raise InputError(f"expected fields of at least {LEAST_PX / MIDDLE:.0f} px; got {side:.0f}: go nearer")


def _samples(
    levels: UInt8[np.ndarray, "h w 3"],
    homography: Float[np.ndarray, "3 3"],
    boxes: Float[np.ndarray, "n 4"],
) -> UInt8[np.ndarray, "n s 3"]:
    """Levels at a grid of points in the middle of each field, the nearest pixel to each."""
    steps = 0.5 + MIDDLE * (np.linspace(0, 1, SAMPLES) - 0.5)
    grid = np.stack(np.meshgrid(steps, steps), -1).reshape(-1, 2)
    points = boxes[:, None, :2] + grid * boxes[:, None, 2:]
    pixels = np.floor(mapped(homography, points.reshape(-1, 2))).astype(int)
    height, width = levels.shape[:2]
    if (pixels < 0).any() or (pixels >= (width, height)).any():
        raise InputError("expected the whole chart in the photo; part of it is cut off: take another photo")
    return levels[pixels[:, 1], pixels[:, 0]].reshape(len(boxes), -1, 3)


def _check_paper(samples: UInt8[np.ndarray, "p s 3"]) -> None:
    if len(samples) < LEAST_PAPER:
        raise InputError(
            f"expected at least {LEAST_PAPER} fields of bare paper; the chart has {len(samples)}"
        )
    level = float(np.median(samples.max(-1)))
    if level > CLIPPED:
        raise InputError(
            f"the paper is overexposed (level {level:.0f} of 255): expose less and take it again"
        )
    if level < 60:
        raise InputError(f"the paper is too dark (level {level:.0f} of 255): take it again in more light")


def _paper_light(
    boxes: Float[np.ndarray, "n 4"], seen: Float[np.ndarray, "n 3"], paper: Bool[np.ndarray, " n"]
) -> Float[np.ndarray, "n 3"]:
    """The light of bare paper at every field: a quadratic through the logarithms, per channel."""
    place = boxes[:, :2] + boxes[:, 2:] / 2
    x, y = ((place - place.mean(0)) / np.ptp(place, axis=0).max()).T
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], -1)
    fitted, *_ = np.linalg.lstsq(terms[paper], np.log(np.maximum(seen[paper], 1e-4)), rcond=None)
    return np.exp(terms @ fitted)
