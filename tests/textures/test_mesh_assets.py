"""The exporters on real meshes: what is read back is the same object and gives the same picture."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from renders.meshes.islands import overlap
from renders.meshes.load import load_mesh
from renders.meshes.mesh import Mesh
from renders.scene import Scene
from renders.surfaces.shell import Shell
from tests.renders.scenes import black, phone, posed
from tests.textures.meshes import OBJECTS
from tests.textures.readers import READERS
from textures.meshes.decals import decals_of
from textures.meshes.export import MESH_FORMATS
from textures.meshes.flaws import flaws_of
from textures.meshes.solid import Solid, solid_of

ASSETS = Path(__file__).parents[2].parent / "shared" / "assets" / "meshes"
FILES = {
    "spot": "spot_cow/cow.obj",
    "duck": "duck/Duck.glb",
    "bottle": "fuze_bottle/fuze.obj",
    "scissors": "ycb_scissors/textured_simple_reoriented.obj",
}
real = pytest.mark.skipif(not ASSETS.is_dir(), reason="the test material of shared/assets is not here")
TEXTURED = [name for name in MESH_FORMATS if name != "ply"]


def known(name: str) -> Mesh:
    return OBJECTS[name]() if name in OBJECTS else load_mesh(ASSETS / FILES[name], size_mm=120).mesh


def read_back(name: str, solid: Solid, folder: Path) -> Mesh:
    read = READERS[name](MESH_FORMATS[name](solid), solid, folder)
    assert read.corner_uvs is not None and read.texels is not None
    count = len(read.corners_mm)
    return Mesh(
        "again",
        torch.from_numpy(np.ascontiguousarray(read.corners_mm.reshape(-1, 3) / 1000)).float(),
        torch.arange(3 * count).reshape(-1, 3),
        torch.from_numpy(np.array(read.corner_uvs)).float(),
        torch.from_numpy(read.texels / 255.0).float().permute(2, 0, 1)[None],
        torch.zeros(count, dtype=torch.int64),
    )


def pictures(mesh: Mesh) -> Tensor:
    """The object from the front and from behind above `[2 3 h w]`."""
    condition = posed(
        2,
        distance_m=0.5,
        azimuth_deg=torch.tensor([20.0, 200.0]),
        elevation_deg=torch.tensor([0.0, 40.0]),
        sky=0.6,
        sun=0.5,
    )
    scene = Scene(Shell(mesh), phone(), black(), (64, 64), supersample=2)
    return scene(mesh.texture, condition)[0]


def check(kind: str, name: str, folder: Path) -> None:
    mesh = known(kind)
    solid = solid_of(mesh, mesh.texture[0], kind)
    # The reference is what is exported: eight bits, colours carried on past the islands.
    texels = torch.from_numpy(solid.texels / 255.0).float().permute(2, 0, 1)[None]
    exported = Mesh(mesh.name, mesh.vertices, mesh.faces, mesh.uvs, texels, mesh.part)
    wrong = (pictures(exported) - pictures(read_back(name, solid, folder))).abs().amax(1)
    # Vertices differ by rounding to 32 bits in mm: a pixel on an edge may see the other face.
    assert float((wrong > 2 / 255).double().mean()) < 0.002, (kind, name)
    assert float(wrong.mean()) < 0.1 / 255


@pytest.mark.parametrize("kind", OBJECTS)
@pytest.mark.parametrize("name", TEXTURED)
def test_what_is_read_back_gives_the_same_picture(name: str, kind: str, tmp_path: Path) -> None:
    check(kind, name, tmp_path)


@real
@pytest.mark.slow
@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("name", TEXTURED)
def test_real_meshes_read_back_give_the_same_picture(name: str, kind: str, tmp_path: Path) -> None:
    check(kind, name, tmp_path)


@real
@pytest.mark.slow
@pytest.mark.parametrize("kind", FILES)
def test_real_meshes_keep_their_surface_as_vertex_colours_and_as_decals(kind: str, tmp_path: Path) -> None:
    mesh = known(kind)
    solid = solid_of(mesh, mesh.texture[0], kind)
    read = READERS["ply"](MESH_FORMATS["ply"](solid), solid, tmp_path)

    def surface(corners: np.ndarray) -> float:
        along, other = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
        return float(np.linalg.norm(np.cross(along, other), axis=-1).sum() / 2)

    whole = surface(solid.vertices_mm[solid.faces].astype(float))
    assert surface(read.corners_mm.astype(float)) == pytest.approx(whole, rel=1e-4)
    patches = decals_of(solid)
    assert all(patch.stretch.low <= patch.stretch.high for patch in patches)
    # Islands keep their area; where a texture lies on itself (both sides of the duck) the outline has less.
    paper = sum(patch.outline.area for patch in patches)
    assert (1 - overlap(mesh.uvs)) * 0.85 * whole < paper < 1.02 * whole
    assert all(flaw.text for flaw in flaws_of(solid))
