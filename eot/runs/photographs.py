"""Real photographs with the article's place in each: read, checked, and their light estimated."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from eot.runs.articles import Article, photo_files
from eot.runs.sections import SurfaceTable
from renders.camera import Intrinsics
from renders.colour import srgb_to_linear
from renders.conditions import still
from renders.errors import InputError
from renders.framing import View
from renders.photos import read_photo
from renders.relight import Relight, estimate, estimate_without_face
from renders.scene import layer, pyramid_of
from renders.sensor.resize import resize
from renders.surfaces.photograph import Photo, check_corners, corner_vertices

# An article that is seen larger than this is shrunk before its light is estimated: no detail is needed.
FITTED_PX = 512
Corners = Float[Tensor, "4 2"]


def photographs_of(table: SurfaceTable, article: Article) -> tuple[Photo, ...]:
    """The photos in the order of their names, each lit as the clean article in it says."""
    assert table.photos is not None
    files = photo_files(table.photos)
    places = _places(table, files)
    return tuple(_photo(file, corners, table, article) for file, corners in zip(files, places, strict=True))


def _photo(file: Path, corners: Corners, table: SurfaceTable, article: Article) -> Photo:
    srgb = read_photo(file)
    height, width = srgb.shape[-2:]
    if not bool(((corners >= 0) & (corners <= corners.new_tensor([width, height]))).all()):
        raise InputError(
            f"surface.corners: expected corners inside {file.name} ({width} x {height} px); "
            f"got {corners.tolist()}: count pixels from its top left"
        )
    check_corners(corners)
    occlusion = _occlusion(table.occlusion, (height, width), file)
    return Photo(srgb, corners, occlusion, light_in(srgb, corners, occlusion, article))


def _occlusion(path: str | None, size: tuple[int, int], file: Path) -> Float[Tensor, "1 h w"] | None:
    if path is None:
        return None
    mask = read_photo(path).mean(0, keepdim=True)
    if (mask.shape[1], mask.shape[2]) != size:
        raise InputError(
            f"{path}: expected the size of the photo {file.name}, {size[1]} x {size[0]} px; "
            f"got {mask.shape[2]} x {mask.shape[1]}: draw the mask over the photo"
        )
    return mask


def light_in(
    srgb: Float[Tensor, "3 h w"],
    corners: Corners,
    occlusion: Float[Tensor, "1 h w"] | None,
    article: Article,
) -> Relight:
    """What the photo's light and lens did to the article at the corners, from its first clean face.

    A bare patch has no face to compare with: then what is there now tells black and white.
    """
    left, top = (int(v) for v in corners.amin(0).floor())
    right, bottom = (int(v) for v in corners.amax(0).ceil())
    here = (slice(None), slice(top, bottom), slice(left, right))
    seen = srgb_to_linear(srgb)[here]
    shrink = max(1.0, max(seen.shape[1:]) / FITTED_PX)
    size = (max(1, round(seen.shape[1] / shrink)), max(1, round(seen.shape[2] / shrink)))
    one = torch.ones(1)
    camera = Intrinsics(one / shrink, -left * one / shrink, -top * one / shrink)
    vertices = corner_vertices(corners[None])
    view = View(torch.arange(1), still(), vertices, camera, size, one)
    clean = layer(pyramid_of(article.faces[:1], article.coverage), view, supersample=2)[0, 0]
    if occlusion is not None:
        clean = clean * (1 - resize(occlusion[here][None], size)[0])
    small = resize(seen[None], size)[0]
    found = estimate_without_face(small, clean[3:]) if article.bare else estimate(small, clean)
    return replace(found, blur_px=found.blur_px * shrink)


def _places(table: SurfaceTable, files: list[Path]) -> list[Corners]:
    """The corners in each photo: the same in all, or from a file that lists them by name."""
    if not isinstance(table.corners, str):
        return [torch.tensor(table.corners, dtype=torch.float32)] * len(files)
    path = Path(table.corners)
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: expected JSON {{file name: four [x, y]}}; {error}") from None
    if not isinstance(record, dict):
        raise InputError(
            f"{path}: expected JSON {{file name: four [x, y]}}; got a {type(record).__name__}: name the photos"
        )
    return [_four(record, file.name, path) for file in files]


def _four(record: dict[str, Any], name: str, path: Path) -> Corners:
    if name not in record:
        raise InputError(f"{path}: no corners for {name}: add them or take the photo out of the folder")
    try:
        corners = torch.tensor(record[name], dtype=torch.float32)
    except (TypeError, ValueError, RuntimeError):
        corners = torch.empty(0)
    if corners.shape != (4, 2) or not bool(corners.isfinite().all()):
        raise InputError(f"{path}: expected four [x, y] for {name}; got {record[name]!r}: correct them")
    return corners
