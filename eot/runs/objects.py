"""Photographs with annotated things that carry the article: read, chosen, and their light estimated."""

from pathlib import Path

import torch

from eot.annotations.annotated import Annotated, Box
from eot.annotations.read import read_annotations
from eot.runs.articles import Article
from eot.runs.sections import SurfaceTable
from renders.colour import srgb_to_linear
from renders.errors import InputError, nearest
from renders.photos import read_photo
from renders.relight import estimate_without_face
from renders.surfaces.flat import Flat
from renders.surfaces.objects import Marked, Objects


def objects_of(table: SurfaceTable, article: Article, side_px: int, device: torch.device) -> Objects:
    """The scene of all photos that show the wanted things, in the order of the annotations."""
    assert table.photos is not None and table.boxes is not None and table.object_height_mm is not None
    photos = tuple(
        _marked(file, boxes, device) for file, boxes in _chosen(table, Path(table.boxes), Path(table.photos))
    )
    surface = Flat(article.width_mm / 1000, article.height_mm / 1000, article.coverage.to(device))
    return Objects(photos, surface, table.object_height_mm / 1000, table.place, (side_px, side_px))


def _chosen(table: SurfaceTable, boxes: Path, photos: Path) -> list[tuple[Path, list[Box]]]:
    """Photos with the boxes that are of the wanted class and tall enough; photos without any are left out."""
    annotated = read_annotations(boxes, photos)
    wanted = None if table.objects is None else str(table.objects)
    names = {thing.name for each in annotated for thing in each.things}
    if wanted is not None and wanted not in names:
        raise InputError(f"surface.objects: no {wanted!r} in {boxes}: {nearest(wanted, sorted(names))}")
    found = [(each.photo, _boxes(each, wanted, table.min_object_px)) for each in annotated]
    kept = [(photo, those) for photo, those in found if those]
    if not kept:
        raise InputError(
            f"surface.min_object_px: expected things taller than {table.min_object_px:g} px in {boxes}; "
            "found none: lower it"
        )
    return kept


def _boxes(each: Annotated, wanted: str | None, least_px: float) -> list[Box]:
    return [
        thing.box_px
        for thing in each.things
        if (wanted is None or thing.name == wanted) and thing.box_px[3] - thing.box_px[1] >= least_px
    ]


def _marked(file: Path, boxes: list[Box], device: torch.device) -> Marked:
    """The photo; its brightest is taken for white and its darkest for black, which tells its light."""
    srgb = read_photo(file)
    light = estimate_without_face(srgb_to_linear(srgb), torch.ones_like(srgb[:1]))
    return Marked(srgb.to(device), torch.tensor(boxes, device=device), light)
