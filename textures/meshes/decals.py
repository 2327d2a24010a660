"""Decals: every island of the texture flat at true size, to be cut out and stuck on the object."""

import numpy as np
import shapely
import torch
from jaxtyping import Float, Int64

from renders.meshes.islands import island_of
from textures.meshes.patch import Patch, Stretch, polygons
from textures.meshes.solid import Solid
from textures.meshes.way import way_of
from textures.sheets.layout import BLEED_MM

# Outlines are put together on a grid this fine, so that neighbours meet without slivers.
GRID_MM = 1e-3
TAIL = 0.05
NO_FOLDS = np.zeros((0, 2, 2))


def decals_of(solid: Solid) -> list[Patch]:
    """The islands, the largest first.

    An island comes to paper by one affine map: with J the Jacobian from UV to surface of a face, the root of
    the log-Euclidean mean of J'J over the area (Arsigny et al. 2006; slivers of the texture, whose J is huge,
    do not spoil it), scaled so that paper and surface have the same area: the mean stretch is 1. Where the
    island is flat, or bent in one direction only, that is exact; what is left elsewhere is in `stretch`.

    A decal is as seen from outside, where faces go counter-clockwise: an island most of whose surface is
    mirrored on the texture is mirrored back.
    """
    owner = island_of(torch.from_numpy(solid.corner_uvs)).numpy()
    flat = [_flattened(solid, np.flatnonzero(owner == island)) for island in range(owner.max() + 1)]
    laid = [part for part in flat if part is not None and not part[2].is_empty]
    laid.sort(key=lambda part: -part[2].area)
    return [
        _decal(number, solid, faces, corners, (outline, stretch))
        for number, (faces, corners, outline, stretch) in enumerate(laid, start=1)
    ]


def _decal(
    number: int,
    solid: Solid,
    faces: Int64[np.ndarray, " p"],
    corners: Float[np.ndarray, "p 3 2"],
    shape: tuple[shapely.MultiPolygon, Stretch],
) -> Patch:
    outline, stretch = shape
    ink, way = polygons(outline.buffer(BLEED_MM)), way_of(solid, faces, corners)
    return Patch(number, faces, corners, outline, ink, NO_FOLDS, np.zeros(0, dtype=bool), (), stretch, way)


def _flattened(
    solid: Solid, faces: Int64[np.ndarray, " p"]
) -> tuple[np.ndarray, np.ndarray, shapely.MultiPolygon, Stretch] | None:
    """An island on paper: its faces, their corners in mm from its top left, its outline and its stretch."""
    slopes, area = jacobians(solid, faces)
    if not area.any():
        return None
    onto = _mean_root(slopes[area > 0], area[area > 0])
    on_texture = np.where(area > 0, area / np.abs(np.linalg.det(slopes)).clip(1e-30), 0.0).sum()
    onto *= np.sqrt(area.sum() / (np.linalg.det(onto) * on_texture))
    stretch = np.linalg.svd(slopes @ np.linalg.inv(onto), compute_uv=False)
    # Paper has y down; a mirrored island is seen from outside with its u to the left.
    mirrored = (area * np.sign(np.linalg.det(slopes))).sum() < 0
    corners = solid.corner_uvs[faces].astype(float) @ onto.T * np.array([-1 if mirrored else 1, -1])
    proper = area > 0
    whole = shapely.union_all(shapely.polygons(corners[proper]), grid_size=GRID_MM)
    left, top = whole.bounds[:2]
    outline = polygons(shapely.transform(whole, lambda xy: xy - np.array([left, top])))
    return faces, corners - np.array([left, top]), outline, _spread(stretch, area)


def jacobians(
    solid: Solid, faces: Int64[np.ndarray, " p"]
) -> tuple[Float[np.ndarray, "p 2 2"], Float[np.ndarray, " p"]]:
    """d(place on the surface, mm) / d(u, v) of each face in axes of its own, and its area in mm².

    Faces without area, in space or on the texture, have weight 0.
    """
    corners, uv = solid.vertices_mm[solid.faces[faces]].astype(float), solid.corner_uvs[faces].astype(float)
    along, other = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    length = np.linalg.norm(along, axis=-1).clip(1e-12)
    first = along / length[:, None]
    shift = (other * first).sum(-1)
    height = np.linalg.norm(other - shift[:, None] * first, axis=-1)
    flat = np.zeros((len(faces), 2, 2))
    flat[:, 0, 0], flat[:, 0, 1], flat[:, 1, 1] = length, shift, height
    edges = np.stack([uv[:, 1] - uv[:, 0], uv[:, 2] - uv[:, 0]], -1)
    determinant = np.linalg.det(edges)
    proper = (np.abs(determinant) > 1e-14) & (height > 1e-9)
    edges[~proper] = np.eye(2)
    return flat @ np.linalg.inv(edges), np.where(proper, length * height / 2, 0.0)


def _mean_root(slopes: Float[np.ndarray, "p 2 2"], area: Float[np.ndarray, " p"]) -> Float[np.ndarray, "2 2"]:
    """The root of the log-Euclidean mean of all J'J."""
    values, vectors = np.linalg.eigh(slopes.transpose(0, 2, 1) @ slopes)
    logs = (vectors * np.log(values.clip(1e-30))[:, None]) @ vectors.transpose(0, 2, 1)
    values, vectors = np.linalg.eigh(np.average(logs, axis=0, weights=area))
    root: np.ndarray = (vectors * np.exp(values / 2)) @ vectors.T
    return root


def _spread(stretch: Float[np.ndarray, "p 2"], area: Float[np.ndarray, " p"]) -> Stretch:
    """Mean (1, as paper and surface have one area) and tails over the area, both directions counted."""
    order = np.argsort(stretch.reshape(-1))
    weight = np.repeat(area, 2)[order].cumsum()
    share = weight / weight[-1]
    low, high = (stretch.reshape(-1)[order][np.searchsorted(share, part)] for part in (TAIL, 1 - TAIL))
    return Stretch(1.0, float(low), float(high))
