"""What one photo of an article came to, as a record that can be written to a line of JSON and read again."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from pydantic import TypeAdapter, ValidationError

from eot.photos.lens import Sighting
from renders.errors import RunError

# What `eot photos` keeps in its folder: the memory of the next call, the result, and small pictures.
LINES, VIEWS = "photos.jsonl", "views"
PAGE, RECORD, TABLE, CONTACT = "photos.html", "photos.json", "photos.csv", "contact.jpg"

Point = tuple[float, float]


@dataclass(frozen=True)
class Shot:
    """One article in one photo.

    Args:
        name: the file, for a frame of a video with its number.
        cluster: photos that are not independent of each other share it (the frames of one video).
        arm: what is printed on the article.
        found: how it was found: "markers", "corners" (given by the user) or "frame" (not looked for).
        target: the id of the printed sheet; empty without markers.
        corners_px: the article's corners clockwise from its top left; empty where it was not looked for.
        article_m, image_px: points on the article and where the photo shows them, for the pose.
        marker_px: the shortest side of the markers; 0 without markers.
        reading, confidence, success: per victim.
        recognised: per victim, whether it was read as what it is; empty where that is not known.
        distance_m, yaw_deg, pair: as told by the user.
        view: the picture file for people, in the folder `views`.
    """

    name: str
    cluster: str
    arm: str
    found: str
    target: str
    size_px: tuple[int, int]
    focal_35mm: float | None
    taken: str
    corners_px: tuple[Point, ...]
    article_m: tuple[tuple[float, float, float], ...]
    image_px: tuple[Point, ...]
    marker_px: float
    notes: tuple[str, ...]
    reading: tuple[int, ...]
    confidence: tuple[float, ...]
    success: tuple[bool, ...]
    recognised: tuple[bool, ...]
    distance_m: float | None
    yaw_deg: float | None
    pair: str
    view: str

    @property
    def reached(self) -> bool:
        """Whether every victim was led to the goal."""
        return all(self.success)

    @property
    def right(self) -> bool | None:
        """Whether every victim read it as what it is; None where that is not known."""
        return all(self.recognised) if self.recognised else None

    @property
    def sighting(self) -> Sighting | None:
        """The points for its pose; None where there are none."""
        if len(self.article_m) < 4:
            return None
        return Sighting(np.array(self.article_m, np.float64), np.array(self.image_px, np.float64))


@dataclass(frozen=True)
class Viewed:
    """One file of the user, done: its shots, or why it has none. `settings` is what it was looked at with."""

    file: str
    sha256: str
    settings: str
    error: str
    shots: tuple[Shot, ...]


_ADAPTER = TypeAdapter(Viewed)


def viewed_record(viewed: Viewed) -> dict[str, Any]:
    """The record as plain JSON values."""
    return asdict(viewed)


def viewed_from(record: dict[str, Any], source: str) -> Viewed:
    """The record in plain JSON values; RunError with the file's name where they hold something else."""
    try:
        return _ADAPTER.validate_python(record)
    except ValidationError as error:
        raise RunError(
            f"{source}: expected the photos of a run ({error.error_count()} faults): remove it"
        ) from None
