"""The article of a run: the sign, picture or patch that carries the ink, in texels and millimetres."""

from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from eot.runs.config import Config
from eot.runs.product import levels_of, shown
from eot.runs.sections import ArticleTable
from renders.colour import linear_to_srgb, srgb_to_linear
from renders.errors import InputError
from renders.meshes.islands import coverage
from renders.meshes.load import load_mesh
from renders.meshes.mesh import Mesh
from renders.photos import PHOTO_SUFFIXES, read_photo
from renders.sensor.resize import resize
from textures.meshes.solid import MM_PER_M, mean_texel_mm
from textures.objects import object_named
from textures.signs import face, find_sign

# On a screen nothing has a size in mm; a CSS pixel has this one, and a texel is a pixel there.
SCREEN_PIXEL_MM = 25.4 / 96
# How far width and height may be from the proportions of a sign.
PROPORTIONS = 0.01
GREY = 0.5


@dataclass(frozen=True, eq=False)
class Article:
    """f faces of one size, in eight bits per channel, on the CPU.

    `coverage` is 1 where there is an article at all. `sign` is the id in the catalogue, if it has one. A
    `bare` patch has nothing under the ink: its faces are grey, and without it the scene is empty. Of a
    `mesh` the one face is its texture, and coverage is 1 on the texels that its islands touch.
    """

    faces: Float[Tensor, "f 3 u v"]
    coverage: Float[Tensor, "1 u v"]
    width_mm: float
    height_mm: float
    title: str
    sign: str | None = None
    bare: bool = False
    mesh: Mesh | None = None

    @property
    def texel_mm(self) -> float:
        """Side of a texel on the article; on a mesh, of one of the mean size."""
        if self.mesh is None:
            return self.width_mm / self.size[1]
        corners_mm = self.mesh.vertices[self.mesh.faces].double() * MM_PER_M
        return mean_texel_mm(corners_mm.numpy(), self.mesh.uvs.numpy(), self.size)

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of texels."""
        return self.faces.shape[-2], self.faces.shape[-1]


def article_of(config: Config) -> Article:
    """The article that a configuration describes."""
    if config.article.kind in ("mesh", "object"):
        return mesh_article(config)
    screen = config.surface.kind == "screen"
    if config.article.kind == "sign":
        return _sign(config.article, screen)
    if config.article.kind == "image":
        return _picture(config.article, screen)
    return _patch(config.article, screen)


def mesh_article(config: Config) -> Article:
    """A mesh of the user's own or an object of the catalogue, its texture brought to the texels asked."""
    table = config.article
    if config.surface.kind != "flat":
        raise InputError(
            f"surface.kind: expected flat, since a mesh brings its own shape; got {config.surface.kind}"
        )
    if table.kind == "object":
        assert table.object is not None
        mesh = object_named(table.object)
    else:
        assert table.mesh is not None
        mesh = load_mesh(table.mesh, size_mm=table.size_mm, unit=table.unit, up=table.up).mesh
    size = _texels(table, mesh.texture.shape[2] / mesh.texture.shape[3])
    faces = shown(levels_of(resized(mesh.texture[:1], size)))
    width_m, height_m, _ = mesh.size_m
    return Article(faces, coverage(mesh.uvs, size), width_m * 1000, height_m * 1000, mesh.name, mesh=mesh)


def photo_files(path: str) -> list[Path]:
    """The photo at a path, or all photos of a folder in the order of their names."""
    place = Path(path)
    if place.is_file():
        return [place]
    if not place.is_dir():
        raise InputError(f"{path}: expected a photo or a folder of photos; found nothing: check the path")
    files = sorted(p for p in place.iterdir() if p.suffix.lower() in PHOTO_SUFFIXES and p.is_file())
    if not files:
        raise InputError(f"{path}: expected jpg, png or webp photos in this folder; found none: add some")
    return files


def _sign(table: ArticleTable, screen: bool) -> Article:
    """A sign of the catalogue; on a screen it stands on mid grey, since the screen shows all texels."""
    assert table.sign is not None
    spec = find_sign(table.sign)
    ratio = spec.height_mm / spec.width_mm
    width_mm, height_mm = _size_mm(table, ratio) or (spec.width_mm, spec.height_mm)
    if abs(height_mm / width_mm / ratio - 1) > PROPORTIONS:
        raise InputError(
            f"article.height_mm: expected {width_mm * ratio:g} for a width of {width_mm:g}; "
            f"got {height_mm:g}: give one of them, a sign keeps its proportions"
        )
    drawn = face(spec.id, _texels(table, ratio)[1])
    coverage = drawn.coverage
    faces = (
        _photographed(table.faces, (coverage.shape[1], coverage.shape[2]))
        if table.faces
        else drawn.srgb[None]
    )
    if screen:
        faces = faces * coverage + GREY * (1 - coverage)
        coverage = torch.ones_like(coverage)
    return Article(shown(levels_of(faces)), coverage, width_mm, height_mm, spec.name, spec.id)


def _picture(table: ArticleTable, screen: bool) -> Article:
    """A picture of the user's own, or a folder of them that share one sticker."""
    path = table.faces or table.image
    assert path is not None
    first = read_photo(photo_files(path)[0])
    ratio = first.shape[1] / first.shape[2]
    size_mm = _size_mm(table, ratio)
    size = _texels(table, size_mm[1] / size_mm[0] if size_mm else ratio)
    width_mm, height_mm = _needed_mm(size_mm, size, screen)
    faces = shown(levels_of(_photographed(path, size)))
    return Article(faces, torch.ones(1, *size), width_mm, height_mm, Path(path).stem)


def _patch(table: ArticleTable, screen: bool) -> Article:
    """A patch of its own, square unless its height says otherwise."""
    if screen:
        raise InputError(
            "surface.kind: expected a scene around a bare patch; got screen: use flat or kind = image"
        )
    size_mm = _size_mm(table, 1.0)
    size = _texels(table, size_mm[1] / size_mm[0] if size_mm else 1.0)
    faces = shown(levels_of(torch.full((1, 3, *size), GREY)))
    width_mm, height_mm = _needed_mm(size_mm, size, screen)
    return Article(faces, torch.ones(1, *size), width_mm, height_mm, "patch", bare=True)


def _size_mm(table: ArticleTable, ratio: float) -> tuple[float, float] | None:
    """Width and height as far as they are given; one follows from the other by height / width."""
    width, height = table.width_mm, table.height_mm
    if width is None and height is None:
        return None
    return width or (height or 0.0) / ratio, height or (width or 0.0) * ratio


def _needed_mm(
    size_mm: tuple[float, float] | None, size: tuple[int, int], screen: bool
) -> tuple[float, float]:
    """The size, once it is known; a screen does without."""
    if size_mm is None and not screen:
        raise InputError("article.width_mm: expected the width of the article; found none: measure it")
    return size_mm or (size[1] * SCREEN_PIXEL_MM, size[0] * SCREEN_PIXEL_MM)


def _texels(table: ArticleTable, ratio: float) -> tuple[int, int]:
    """Rows and columns for a face of this height / width, `texels` along its longer side."""
    rows, columns = min(1.0, ratio), min(1.0, 1 / ratio)
    return max(1, round(table.texels * rows)), max(1, round(table.texels * columns))


def _photographed(path: str, size: tuple[int, int]) -> Float[Tensor, "f 3 u v"]:
    """The photo at a path, or all of a folder, as faces of one size."""
    return torch.cat([resized(read_photo(file)[None], size) for file in photo_files(path)])


def resized(picture: Float[Tensor, "f 3 h w"], size: tuple[int, int]) -> Float[Tensor, "f 3 u v"]:
    """Pictures at another size, averaged in linear light; the same bits where the sizes are equal."""
    if picture.shape[-2:] == size:
        return picture
    return linear_to_srgb(resize(srgb_to_linear(picture), size)).clamp(0, 1)
