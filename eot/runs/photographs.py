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
from renders.conditions import still
from renders.errors import InputError
from renders.framing import crops
from renders.photos import read_photo
from renders.relight import estimate_without_face
from renders.scene import layer, pyramid_of
from renders.surfaces.flat import quad
from renders.surfaces.photo import LIGHT_SIDE_PX, Photo, corner_vertices, lit

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
    photo = Photo(srgb, corners, _occlusion(table.occlusion, (height, width), file))
    if article.bare:
        return _lit_by_what_is_there(photo, article)
    return lit(photo, article.faces[:1], article.coverage)


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


def _lit_by_what_is_there(photo: Photo, article: Article) -> Photo:
    """A bare patch has no clean face: the darkest and brightest of its place are taken as ink and paper."""
    vertices = corner_vertices(photo.corners_px, photo.camera)
    view = crops(vertices[None], still(1), photo.camera, (LIGHT_SIDE_PX, LIGHT_SIDE_PX))[0]
    patch = layer(pyramid_of(article.faces[:1], article.coverage), view, quad(view.vertices))[0, 0]
    return replace(photo, relight=estimate_without_face(photo.cut(photo.linear, view)[0], patch[3:]))


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
        raise InputError(f"{path}: expected JSON {{file name: four [x, y]}}; got a {type(record).__name__}")
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
