"""From a finished run on an object to what is printed of it: a textured mesh, and the object on paper."""

from collections.abc import Mapping

from eot.runs.product import Product
from eot.runs.provenance import Provenance
from renders.meshes.mesh import Mesh
from textures.meshes.export import export_mesh
from textures.meshes.flaws import flaws_json, flaws_of
from textures.meshes.paper import decal_files, net_files
from textures.meshes.solid import Solid, solid_of
from textures.meshes.unfold import MOST_FACES


def solid_to_print(mesh: Mesh, product: Product, provenance: Provenance) -> Solid:
    """The object with its texture, at true size."""
    run_hash = provenance.config_sha256
    return solid_of(mesh, product.image[0], product.identifier, product.title, run_hash)


def object_files(solid: Solid) -> Mapping[str, bytes]:
    """The textured mesh in every format, and the flaws of its surface."""
    return {**export_mesh(solid), f"{solid.id}-flaws.json": flaws_json(solid)}


def paper_files(solid: Solid, page: str) -> Mapping[str, bytes]:
    """The object on paper: decals, and a net to glue where it has few enough faces, all of them proper."""
    files = dict(decal_files(solid, page))
    if len(solid.faces) <= MOST_FACES and not any(flaw.name == "flat faces" for flaw in flaws_of(solid)):
        files |= net_files(solid, page)
    return files
