"""Which way a decal goes on the object, as an arrow beside it: a square one could be stuck in four ways."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int64

from textures.meshes.solid import Solid
from textures.sheets.pen import GREY, Pen

# Rows of `Way.axes`, the best known direction first; the next where a decal faces up, or goes round.
NAMES = (("up", 1), ("front", 2), ("right", 0))
# Of two directions the first is clear enough from half of what the other is.
CLEAR_SHARE = 0.5
# All the way round an object its directions cancel.
NOUGHT = 0.05
ARROW_MM, HEAD_MM, HEAD_DEG = 4.0, 1.4, 28.0


@dataclass(frozen=True, eq=False)
class Way:
    """What a millimetre of the page to the right and one up are on the object (x, y, z), mean of a decal."""

    axes: Float[np.ndarray, "3 2"]

    @property
    def arrow(self) -> tuple[str, Float[np.ndarray, " 2"]] | None:
        """A direction of the object and where on the page it points (right, up); None where all cancel."""
        lengths = np.linalg.norm(self.axes, axis=1)
        if lengths.max() < NOUGHT:
            return None
        name, row = next(each for each in NAMES if lengths[each[1]] >= CLEAR_SHARE * lengths.max())
        return name, self.axes[row] / lengths[row]


def way_of(solid: Solid, faces: Int64[np.ndarray, " p"], corners_mm: Float[np.ndarray, "p 3 2"]) -> Way:
    """The way of faces whose corners lie there on paper (y down): the mean Jacobian over the paper's area."""
    surface = np.diff(solid.vertices_mm[solid.faces[faces]].astype(float), axis=1).transpose(0, 2, 1)
    paper = (np.diff(corners_mm, axis=1) * [1, -1]).transpose(0, 2, 1)
    area = np.linalg.det(paper)
    # The inverse times the area, which slivers have too.
    adjugate = np.stack([paper[:, ::-1, 1] * [1, -1], paper[:, ::-1, 0] * [-1, 1]], 1)
    return Way((np.sign(area)[:, None, None] * (surface @ adjugate)).sum(0) / np.abs(area).sum())


def draw_arrow(pen: Pen, x_mm: float, y_mm: float, towards: Float[np.ndarray, " 2"]) -> None:
    """An arrow with its middle at a place of the page; `towards` is (right, up)."""
    half = towards * [1, -1] * ARROW_MM / 2
    tail, tip = np.array([x_mm, y_mm]) - half, np.array([x_mm, y_mm]) + half
    pen.line(tuple(tail), tuple(tip), width_mm=0.25, colour=GREY)
    for turn in (math.radians(HEAD_DEG), -math.radians(HEAD_DEG)):
        back = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]]) @ (tail - tip)
        pen.line(tuple(tip), tuple(tip + back * HEAD_MM / ARROW_MM), width_mm=0.25, colour=GREY)
