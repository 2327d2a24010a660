"""`eot export`: what to print and cut, written into `article/` of a run."""

from collections.abc import Mapping
from pathlib import Path

from eot.runs.articles import article_of
from eot.runs.folder import RunFolder, open_run
from eot.runs.product import Product, decode_product
from eot.runs.provenance import read_provenance
from renders.errors import InputError
from renders.meshes.mesh import Mesh
from textures.meshes.export import export_mesh
from textures.meshes.flaws import flaws_json, flaws_of
from textures.meshes.paper import decal_files, net_files
from textures.meshes.solid import Solid, solid_of
from textures.meshes.unfold import MOST_FACES
from textures.sheets.article import Article
from textures.sheets.export import export_sheet
from textures.write import write_files


def export(path: Path, page: str) -> list[Path]:
    """Writes the sheets, pieces and outlines of a finished run; returns their paths."""
    folder = open_run(path)
    product = product_of(folder)
    mesh = article_of(folder.config()).mesh
    run_hash = read_provenance(folder.provenance_path).config_sha256
    files = dict(article_files(product, page, run_hash, mesh))
    if mesh is not None:
        files |= paper_files(_solid(product, run_hash, mesh), page)
    return write_files(folder.article_path, files)


def product_of(folder: RunFolder) -> Product:
    """The article of a finished run."""
    if not folder.product_path.is_file():
        raise InputError(f"{folder.path}: the run is not finished: eot attack {folder.path} --resume")
    return decode_product(folder.product_path.read_bytes(), str(folder.product_path))


def article_files(
    product: Product, page: str, run_hash: str, mesh: Mesh | None = None
) -> Mapping[str, bytes]:
    """The files to print: one sticker, whatever the number of faces it was optimised on, or the object."""
    if mesh is not None:
        solid = _solid(product, run_hash, mesh)
        return {**export_mesh(solid), f"{solid.id}-flaws.json": flaws_json(solid)}
    whole = bool((product.mask == 1).all())
    article = Article(
        id=product.identifier,
        title=product.title,
        face=product.image[0],
        mask=None if whole else product.mask,
        width_mm=product.width_mm,
        height_mm=product.height_mm,
        run_hash=run_hash[:16],
    )
    return export_sheet(article, page)


def paper_files(solid: Solid, page: str) -> Mapping[str, bytes]:
    """The object on paper: decals, and a net to glue where it has few enough faces, all of them proper."""
    files = dict(decal_files(solid, page))
    if len(solid.faces) <= MOST_FACES and not any(flaw.name == "flat faces" for flaw in flaws_of(solid)):
        files |= net_files(solid, page)
    return files


def _solid(product: Product, run_hash: str, mesh: Mesh) -> Solid:
    return solid_of(mesh, product.image[0], product.identifier, product.title, run_hash)
