"""Where on the article of a run ink may go."""

from dataclasses import replace
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from eot.runs.articles import Article
from eot.runs.config import Config
from eot.runs.sections import StickerTable
from renders.errors import InputError
from renders.meshes.islands import coverage
from textures.masks import area_fraction, from_image, from_svg, largest, rectangles

# Sums of covered shares miss the allowed area by rounding.
ROUNDING = 1e-6
Mask = Float[Tensor, "1 u v"]


def fixed_mask(config: Config, article: Article) -> Mask | None:
    """The mask that the configuration gives; None where it is still to be found.

    It never reaches beyond the article. Raises InputError where it covers more of the face than
    `sticker.area`, of which `full` and a bare patch, which has no face, are free.
    """
    if article.bare:
        return article.coverage
    given = _given(config.sticker, article.size)
    if given is None:
        return None
    mask = torch.minimum(given, article.coverage)
    if config.sticker.parts:
        mask = mask * _parts(config.sticker.parts, article)
    if not bool((mask > 0).any()):
        raise InputError("sticker.mask: expected sticker on the article; this mask lies beside it: move it")
    covered = area_fraction(mask, article.coverage)
    if config.sticker.mask != "full" and covered > config.sticker.area + ROUNDING:
        raise InputError(
            f"sticker.area: expected a mask of at most {config.sticker.area:g} of the face; "
            f"got {covered:.4g}: make the mask smaller or allow more"
        )
    return mask


def mask_of_importance(importance: Mask, article: Article, area: float) -> Mask:
    """The mask where a change pays most, up to `area` of the face, in shapes that can be cut."""
    return largest(importance, article.coverage, area)


def shaped(config: Config, article: Article) -> Article:
    """The article; a bare patch has the shape of its mask."""
    if not article.bare:
        return article
    shape = _given(config.sticker, article.size)
    if shape is None:
        raise InputError("sticker.mask: auto looks for a place on a face, a bare patch has none: use full")
    return replace(article, coverage=shape)


def _parts(parts: tuple[int, ...], article: Article) -> Mask:
    """1 on the texels of these materials of a mesh."""
    if article.mesh is None:
        raise InputError("sticker.parts: expected none without article.kind = mesh; leave it empty")
    known = int(article.mesh.part.max()) + 1
    if not all(0 <= part < known for part in parts):
        raise InputError(f"sticker.parts: expected numbers 0 to {known - 1}; got {list(parts)}")
    chosen = torch.isin(article.mesh.part, torch.tensor(parts))
    return coverage(article.mesh.uvs[chosen], article.size)


def _given(table: StickerTable, size: tuple[int, int]) -> Mask | None:
    """The mask as it is drawn, read, or None."""
    if table.mask == "auto":
        return None
    if table.mask == "full":
        return torch.ones(1, *size)
    if table.mask == "rectangles":
        if not table.boxes:
            raise InputError("sticker.boxes: expected rectangles [x, y, width, height]; got none: give some")
        return rectangles(table.boxes, size)
    path = Path(table.mask)
    return from_svg(path, size) if path.suffix.lower() == ".svg" else from_image(path, size)
