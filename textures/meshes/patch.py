"""A part of a surface laid flat on paper at true size, for decals and paper nets."""

import math
from dataclasses import dataclass

import numpy as np
import shapely
import torch
from jaxtyping import Bool, Float, Int64, UInt8
from scipy import ndimage

from renders.camera import Intrinsics
from renders.colour import linear_to_srgb, srgb_to_linear
from renders.fragments import locate
from renders.lookup import Pyramid
from renders.rasterisers.spans import rasterise
from textures.meshes.solid import Solid
from textures.meshes.way import Way
from textures.sheets.article import Art, Box

PIXELS_AT_ONCE = 500_000


@dataclass(frozen=True)
class Stretch:
    """How much larger the surface is than its patch, over all its area and directions; 1 is true size."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Patch:
    """Some faces of a solid, flat. Convention: mm on paper, x to the right, y down.

    Args:
        faces: which ones, as numbers of the solid's faces.
        corners_mm: where their corners lie.
        outline: the cut line.
        ink: what is printed: a little more than the faces, so that a cut slightly off shows no white.
        folds: start and end of every line to fold along; a hill where `hills`, else a valley.
        labels: words to write and where: x, y in mm, and the words.
        stretch: 5 % of the surface lie below `low` and 5 % above `high`.
        way: how a decal is turned on the object; the piece of a net needs none.
    """

    number: int
    faces: Int64[np.ndarray, " p"]
    corners_mm: Float[np.ndarray, "p 3 2"]
    outline: shapely.MultiPolygon
    ink: shapely.MultiPolygon
    folds: Float[np.ndarray, "m 2 2"]
    hills: Bool[np.ndarray, " m"]
    labels: tuple[tuple[float, float, str], ...]
    stretch: Stretch
    way: Way | None = None

    @property
    def box(self) -> Box:
        """The rectangle around the cut line."""
        left, top, right, bottom = self.outline.bounds
        return Box(left, top, right - left, bottom - top)


def polygons(shape: shapely.Geometry) -> shapely.MultiPolygon:
    """The areas of a shape; lines and points have none."""
    return shapely.MultiPolygon([p for p in shapely.get_parts(shape) if isinstance(p, shapely.Polygon)])


def pyramid_of(solid: Solid) -> Pyramid:
    """The texture in linear light, for `art_of_patch`."""
    image = torch.from_numpy(solid.texels.astype(np.float32) / 255).permute(2, 0, 1)[None]
    return Pyramid.of(srgb_to_linear(image))


def art_of_patch(solid: Solid, pyramid: Pyramid, patch: Patch, window: Box, dpi: float) -> Art:
    """What is printed in a window of the paper; around the faces the nearest colour goes on, as bleed.

    The texture is looked up as the renderer does, so paper and picture have the same kernel.
    """
    per_mm = dpi / 25.4
    rows, columns = math.ceil(window.height_mm * per_mm), math.ceil(window.width_mm * per_mm)
    texels = np.full((rows, columns, 3), 255, dtype=np.uint8)
    inside = np.zeros((rows, columns), dtype=bool)
    step = max(1, PIXELS_AT_ONCE // columns)
    for top in range(0, rows, step):
        band = slice(top, min(rows, top + step))
        origin = np.array([window.x_mm, window.y_mm + top / per_mm])
        points = (patch.corners_mm - origin) * per_mm
        inside[band], texels[band] = _band(
            solid.corner_uvs[patch.faces], points, pyramid, (band.stop - top, columns)
        )
    if inside.any():
        row, column = ndimage.distance_transform_edt(~inside, return_distances=False, return_indices=True)
        texels = texels[row, column]
    box = Box(window.x_mm, window.y_mm, columns / per_mm, rows / per_mm)
    return Art(np.ascontiguousarray(texels), box)


def _band(
    corner_uvs: Float[np.ndarray, "p 3 2"],
    points_px: Float[np.ndarray, "p 3 2"],
    pyramid: Pyramid,
    size: tuple[int, int],
) -> tuple[Bool[np.ndarray, "h w"], UInt8[np.ndarray, "h w 3"]]:
    """Which pixels lie on a face, and their colours."""
    flat = torch.from_numpy(points_px).double().reshape(-1, 2)
    # A camera of focal length 1 px looking at the plane z = 1: view axes are +X left and +Y up.
    vertices = torch.cat([-flat, torch.ones(len(flat), 1).double()], 1)[None]
    faces = torch.arange(len(flat)).reshape(-1, 3)
    camera = Intrinsics(torch.ones(1).double(), torch.zeros(1).double(), torch.zeros(1).double())
    hits = locate(
        rasterise(vertices, faces, camera, size), vertices, faces, torch.from_numpy(corner_uvs), camera
    )
    inside = np.zeros(size, dtype=bool)
    texels = np.full((*size, 3), 255, dtype=np.uint8)
    colours = linear_to_srgb(pyramid.sample(hits.uv.float(), hits.footprint.float())[0]).clamp(0, 1)
    inside.reshape(-1)[hits.pixel.numpy()] = True
    texels.reshape(-1, 3)[hits.pixel.numpy()] = (colours * 255).round().byte().T.numpy()
    return inside, texels
