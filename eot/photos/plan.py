"""Which photos to take: spots spread over the planned distances and yaws, every article from every spot."""

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from eot.photos.corners import COLUMNS
from eot.photos.grid import planned_edges

# The markers must have so many pixels for the pose, see `eot.photos.look`.
CLEAR_PX = 20.0
ARMS = ("attack", "clean", "noise")


@dataclass(frozen=True)
class Design:
    """How many distances, yaws and repeats, and of which articles."""

    distances: int = 4
    yaws: int = 3
    repeats: int = 5
    arms: tuple[str, ...] = ARMS


@dataclass(frozen=True)
class Spot:
    """A place to stand, seen from above.

    `marker_px` is the shorter side that the markers will have in the photo, None where nothing has markers.
    """

    number: int
    distance_m: float
    yaw_deg: float
    marker_px: float | None

    @property
    def tape(self) -> bool:
        """Whether the markers will be too small, so that the distance is measured by tape."""
        return self.marker_px is not None and self.marker_px < CLEAR_PX

    @property
    def side(self) -> str:
        """Where to stand, for people: who stands to its left sees the face turned right, a positive yaw."""
        if abs(self.yaw_deg) < 0.5:
            return "straight in front"
        return f"{abs(self.yaw_deg):.0f}° to the {'left' if self.yaw_deg > 0 else 'right'}"


@dataclass(frozen=True)
class Planned:
    """One photo to take; photos of one `pair` are taken from one spot without moving the camera."""

    spot: Spot
    arm: str
    repeat: int

    @property
    def pair(self) -> str:
        """The name that photos of all arms from here share."""
        return f"s{self.spot.number:02d}-{self.repeat}"


def spots_of(
    planned: dict[str, tuple[float, float]], design: Design, marker_mm: float | None, focal_px: float
) -> tuple[Spot, ...]:
    """A spot in the middle of every cell of the report's table, nearest first."""
    far, turned = planned_edges(planned, (design.distances, design.yaws))
    # The arithmetic middle of two equal bounds is exactly theirs.
    middles = [math.sqrt(a * b) for a, b in pairwise(far)] if len(far) > 2 else [sum(far) / 2]
    yaws = [(a + b) / 2 for a, b in pairwise(turned)]
    spots: list[Spot] = []
    for distance in middles:
        for yaw in yaws:
            rounded = round(distance, 2 if distance < 2 else 1), round(yaw)
            side = marker_mm and marker_mm / 1000 * focal_px / rounded[0] * math.cos(math.radians(rounded[1]))
            spots.append(Spot(len(spots) + 1, *rounded, side))
    return tuple(spots)


def photos_of(spots: Sequence[Spot], design: Design) -> tuple[Planned, ...]:
    """All photos in the order in which they are taken with least work: spot by spot, repeat by repeat."""
    return tuple(
        Planned(spot, arm, repeat + 1)
        for spot in spots
        for repeat in range(design.repeats)
        for arm in design.arms
    )


def plan_csv(photos: Sequence[Planned]) -> bytes:
    """The plan as the CSV that `eot photos --corners` reads, once the names of the photos are filled in."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    columns = ("file", "arm", "distance_m", "yaw_deg", "pair")
    assert set(columns) <= set(COLUMNS)
    writer.writerow(columns)
    writer.writerows(("", p.arm, f"{p.spot.distance_m:g}", f"{p.spot.yaw_deg:g}", p.pair) for p in photos)
    return text.getvalue().encode()
