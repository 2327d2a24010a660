"""The texture of a run: the parameters that the configuration names, on the article it describes."""

from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from eot.runs.articles import PROPORTIONS, Article, resized
from eot.runs.kinds import STARTS
from eot.runs.product import levels_of, shown
from eot.runs.sections import TextureTable
from renders.errors import InputError
from renders.lookup import Filter, Pyramid
from renders.meshes.islands import filled, places_of
from renders.photos import read_photo
from textures.features import Coarse, coarse_size, feature_px
from textures.norms import norm_named
from textures.parameters import Fourier, Palette, Pixels, Sticker, Tanh, VertexColours

Paint = Pixels | Tanh | Fourier | Palette
AnyTexture = Paint | Coarse | Sticker


def texture_of(
    table: TextureTable, article: Article, mask: Float[Tensor, "1 u v"], generator: torch.Generator
) -> AnyTexture:
    """One paint for all faces of the article, at its start, inside the mask; a bare patch is all paint."""
    if table.kind == "vertices":
        return Sticker(article.faces, mask, _vertices(table, article, generator))
    cells = cells_of(table, article)
    paint: Paint | Coarse = _paint(table, article, cells, generator)
    if cells != article.size:
        paint = Coarse(paint, article.size)
    return paint if article.bare else Sticker(article.faces, mask, paint)


def cells_of(table: TextureTable, article: Article) -> tuple[int, int]:
    """Rows and columns of the finest grid that the paint keeps to."""
    return coarse_size(article.size, _feature(table, article))


def _feature(table: TextureTable, article: Article) -> float:
    """The smallest feature in texels."""
    feature = feature_px(table.min_feature_mm, article.texel_mm * article.size[1], article.size[1])
    if table.norm != "none" and feature > 1:
        raise InputError(
            f"texture.min_feature_mm: expected 0 with texture.norm, whose ball is one of single texels; "
            f"got {table.min_feature_mm:g}: leave one of them out"
        )
    return feature


def _paint(
    table: TextureTable, article: Article, cells: tuple[int, int], generator: torch.Generator
) -> Paint:
    if table.norm != "none":
        return _in_ball(table, article, generator)
    if table.kind == "palette":
        return _palette(table, article, cells, generator)
    start = _start(table.start, article, cells, generator)
    if table.kind == "fourier":
        return Fourier.of(start)
    return Tanh(start) if table.kind == "tanh" else Pixels(start)


def _in_ball(table: TextureTable, article: Article, generator: torch.Generator) -> Pixels:
    """Pixels in a ball around the face, or grey where that is asked; noise and pictures start inside it."""
    if table.kind != "pixels":
        raise InputError(f"texture.norm: expected none with kind = {table.kind}: a ball needs kind = pixels")
    grey = table.start == "grey" or article.bare
    centre = _start("grey" if grey else "face", article, article.size, generator)
    paint = Pixels(shown(levels_of(centre)), norm_named(table.norm), table.eps)
    if table.start == "noise":
        paint.scatter_(generator)
    elif table.start not in STARTS:
        paint.texels.data.copy_(_start(table.start, article, article.size, generator))
        paint.project_()
    return paint


def _palette(
    table: TextureTable, article: Article, cells: tuple[int, int], generator: torch.Generator
) -> Palette:
    """The given colours; unless they start as a picture, every cell may still become any of them."""
    numbers = [[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in table.palette]
    colours = torch.tensor(numbers, dtype=torch.float32) / 255
    if table.start not in ("grey", "noise"):
        return Palette.of(_start(table.start, article, cells, generator), colours)
    return Palette(colours, (1, *cells), generator)


def _start(
    kind: str, article: Article, cells: tuple[int, int], generator: torch.Generator
) -> Float[Tensor, "1 3 a b"]:
    """Where the optimiser starts: mid grey, uniform noise, what the face shows, or a picture."""
    if kind == "grey":
        return torch.full((1, 3, *cells), 0.5)
    if kind == "noise":
        return torch.rand((1, 3, *cells), generator=generator)
    if kind not in STARTS:
        return _picture(kind, article, cells)
    if article.bare:
        raise InputError("texture.start: a bare patch has no face to start from; got face: use grey or noise")
    if len(article.faces) > 1:
        raise InputError(
            f"texture.start: expected one face to start from; got {len(article.faces)}: use grey or noise"
        )
    return resized(article.faces, cells)


def _picture(path: str, article: Article, cells: tuple[int, int]) -> Float[Tensor, "1 3 a b"]:
    """A picture of the whole face, brought to the cells. Raises InputError for one of other proportions."""
    if not Path(path).is_file():
        words = ", ".join(STARTS)
        raise InputError(f"texture.start: expected {words} or a picture; {path} is no file: correct it")
    picture = read_photo(path, transparent=True)[None]
    (rows, columns), (height, width) = article.size, picture.shape[-2:]
    if abs(width * rows / (height * columns) - 1) > PROPORTIONS:
        raise InputError(
            f"texture.start: expected a picture of the whole face, {columns} x {rows} or in proportion; "
            f"{path} has {width} x {height}: is it of another article?"
        )
    return resized(picture, cells)


def _vertices(table: TextureTable, article: Article, generator: torch.Generator) -> VertexColours:
    """A colour for each vertex of the article's mesh."""
    mesh = article.mesh
    if mesh is None or table.norm != "none" or table.min_feature_mm > 0:
        raise InputError(
            "texture.kind: vertices needs a mesh, and neither texture.norm nor min_feature_mm: leave them out"
        )
    start = _start(table.start, article, article.size, generator)
    uv = mesh.uvs.flatten(0, 1)
    at_corners = Pyramid.of(start).sample(uv, uv.new_zeros(len(uv), 2, 2), Filter.BILINEAR)[0].T
    colours = torch.zeros(len(mesh.vertices), 3).index_add(0, mesh.faces.flatten(), at_corners)
    counts = mesh.faces.flatten().bincount(minlength=len(colours)).clamp_min(1)
    places = places_of(mesh.uvs, article.size)
    corner, share = (torch.zeros(1, 3, *article.size) for _ in range(2))
    corner.flatten(2)[0, :, places.cell] = mesh.faces[places.face].T.float()
    share.flatten(2)[0, :, places.cell] = places.share.T
    # What a lookup may touch beside the islands takes after the nearest texel on them.
    inside = (share.sum(1) > 0.5).float()
    corner, share = filled(corner, inside)[0], filled(share, inside)[0]
    return VertexColours(
        (colours / counts[:, None]).clamp(0, 1), corner.long().movedim(0, -1), share.movedim(0, -1)
    )
