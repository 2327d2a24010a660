"""A printed sheet as a photo must show it: its markers and the article between them, on one plane.

Convention: millimetres on the plane as in its manifest, x to the right, y down; markers may lie above or left
of the origin.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from textures.sheets.article import Box
from textures.sheets.manifest import Manifest, Target


@dataclass(frozen=True, eq=False)
class Board:
    """One printed sheet.

    Args:
        name: the id of the sheet.
        arm: what is printed on it: "attack", "clean", "noise", "blank" or another control; empty where the
            same markers serve them all.
        markers_mm: corners of each marker, clockwise from its own top left, by marker id.
        article: the rectangle of the article on the sheet.
    """

    name: str
    arm: str
    markers_mm: Mapping[int, Float[np.ndarray, "4 2"]]
    article: Box

    @property
    def ids(self) -> frozenset[int]:
        """The markers on the sheet."""
        return frozenset(self.markers_mm)

    @property
    def corners_mm(self) -> Float[np.ndarray, "4 2"]:
        """Corners of the article, clockwise from its top left."""
        box = self.article
        return np.array(
            [
                (box.x_mm, box.y_mm),
                (box.right_mm, box.y_mm),
                (box.right_mm, box.bottom_mm),
                (box.x_mm, box.bottom_mm),
            ],
            dtype=np.float64,
        )

    def in_article(self, points_mm: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n 3"]:
        """Points of the sheet in article space: metres, x right, y up, origin at the article's centre."""
        centre = self.corners_mm.mean(0)
        right, down = ((points_mm - centre) / 1000).T
        return np.stack([right, -down, np.zeros_like(right)], -1)


def boards_of(manifest: Manifest) -> tuple[Board, ...]:
    """The sheets of a printed article that show a whole face: boards, and cards mounted beside one.

    Pages of pieces and charts carry markers too, but no article to judge.
    """
    width, height = manifest.face_mm
    face = Box(0.0, 0.0, width, height)
    shown = (target for target in manifest.targets if target.kind in ("board", "cards"))
    return tuple(replace(board_of(target), article=face) for target in shown)


def board_of(target: Target) -> Board:
    """A printed plane with its markers, all of it the article."""
    markers = {marker.id: np.array(marker.corners_mm, np.float64) for marker in target.markers}
    return Board(target.id, target.arm or "", markers, Box(0.0, 0.0, *target.size_mm))
