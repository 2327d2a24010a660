"""Photographs with annotated things that carry the article: read, chosen, and their light estimated."""

from collections.abc import Callable
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
from renders.surfaces.marked import Marked, Things
from renders.surfaces.objects import Objects

# The number that a victim has for a thing's name; None where it does not know it.
Numbering = Callable[[str], int | None]


def objects_of(
    table: SurfaceTable,
    article: Article,
    side_px: int,
    device: torch.device,
    numbering: Numbering | None = None,
) -> Objects:
    """The scene of all photos that show the wanted things, in the order of the annotations.

    With a `numbering` everything that it knows is to be found, whether it carries the article or not.
    """
    assert table.photos is not None and table.boxes is not None and table.object_height_mm is not None
    photos = tuple(
        _marked(each, carriers, device, numbering)
        for each, carriers in _chosen(table, Path(table.boxes), Path(table.photos))
    )
    if numbering is not None and not any(len(photo.sought_px) for photo in photos):
        raise InputError(
            f"{table.boxes}: expected things that the victim has a class for; it knows none of them: name "
            "them as its labels do"
        )
    surface = Flat(article.width_mm / 1000, article.height_mm / 1000, article.coverage.to(device))
    return Objects(photos, surface, table.object_height_mm / 1000, table.place, (side_px, side_px))


def _chosen(table: SurfaceTable, boxes: Path, photos: Path) -> list[tuple[Annotated, list[Box]]]:
    """Photos with the boxes that are of the wanted class and tall enough; photos without any are left out."""
    annotated = read_annotations(boxes, photos)
    wanted = None if table.objects is None else str(table.objects)
    names = {thing.name for each in annotated for thing in each.things}
    if wanted is not None and wanted not in names:
        raise InputError(f"surface.objects: no {wanted!r} in {boxes}: {nearest(wanted, sorted(names))}")
    found = [(each, _boxes(each, wanted, table.min_object_px)) for each in annotated]
    kept = [(each, those) for each, those in found if those]
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


def _marked(
    each: Annotated, carriers: list[Box], device: torch.device, numbering: Numbering | None
) -> Marked:
    """The photo; its brightest is taken for white and its darkest for black, which tells its light."""
    srgb = read_photo(each.photo)
    light = estimate_without_face(srgb_to_linear(srgb), torch.ones_like(srgb[:1]))
    things = None if numbering is None else _things(each, numbering, device)
    return Marked(srgb.to(device), torch.tensor(carriers, device=device), light, things)


def _things(each: Annotated, numbering: Numbering, device: torch.device) -> Things:
    numbered = [(thing.box_px, numbering(thing.name)) for thing in each.things]
    known = [(box, number) for box, number in numbered if number is not None]
    boxes = torch.tensor([box for box, _ in known], device=device).reshape(-1, 4)
    return Things(boxes, torch.tensor([number for _, number in known], dtype=torch.int64, device=device))
