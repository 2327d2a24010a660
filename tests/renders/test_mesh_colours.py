"""The colours of a mesh file: which numbers are light, and what is left of pictures when it is unwrapped."""

from pathlib import Path

import numpy as np
import pytest
import torch
import trimesh
from PIL import Image
from torch import Tensor

from renders.colour import linear_to_srgb, srgb_to_linear
from renders.meshes.load import Loaded, load_mesh
from tests.renders.meshes import MATERIAL, TETRAHEDRON, write_obj

LEVELS = np.zeros((16, 16, 3), np.uint8)
LEVELS[:, :8], LEVELS[:, 8:] = (200, 40, 0), (0, 80, 160)


def glb(path: Path, factor: list[int] | None = None, picture: np.ndarray | None = None) -> Path:
    """A GLB of one box with UVs; the factor in 255ths of linear light, as trimesh writes it."""
    scene = trimesh.Scene()
    scene.add_geometry(box(factor, picture))
    path.write_bytes(scene.export(file_type="glb"))
    return path


def box(factor: list[int] | None, picture: np.ndarray | None) -> trimesh.Trimesh:
    body = trimesh.creation.box()
    image = None if picture is None else Image.fromarray(picture)
    colour = None if factor is None else np.array([*factor, 255], np.uint8)
    material = trimesh.visual.material.PBRMaterial(baseColorFactor=colour, baseColorTexture=image)
    uv = np.linspace(0.1, 0.9, 2 * len(body.vertices)).reshape(-1, 2)
    body.visual = trimesh.visual.TextureVisuals(uv=uv, material=material)
    return body


def colour_of(loaded: Loaded) -> Tensor:
    return loaded.mesh.texture[0, :, 0, 0]


@pytest.mark.parametrize("factor", [[1, 1, 1], [128, 26, 255], [0, 0, 0]])
def test_the_factor_of_a_gltf_is_linear_light(factor: list[int], tmp_path: Path) -> None:
    expected = linear_to_srgb(torch.tensor(factor) / 255)
    assert torch.allclose(colour_of(load_mesh(glb(tmp_path / "a.glb", factor))), expected, atol=1e-6)


def test_the_colour_of_an_obj_is_srgb_even_where_it_is_nearly_black(tmp_path: Path) -> None:
    loaded = load_mesh(write_obj(tmp_path, material="newmtl paint\nKd 0.003 0.003 0.003\n"))
    assert colour_of(loaded).tolist() == pytest.approx([1 / 255] * 3)


def test_the_factor_of_a_gltf_multiplies_the_light_of_its_picture(tmp_path: Path) -> None:
    picture = torch.from_numpy(LEVELS).permute(2, 0, 1) / 255
    plain = load_mesh(glb(tmp_path / "a.glb", [255, 255, 255], LEVELS)).mesh.texture[0]
    assert torch.equal(plain, picture)
    dimmed = load_mesh(glb(tmp_path / "b.glb", [128, 64, 255], LEVELS)).mesh.texture[0]
    share = torch.tensor([128, 64, 255])[:, None, None] / 255
    assert torch.allclose(srgb_to_linear(dimmed), srgb_to_linear(picture) * share, atol=1e-6)


def test_unwrapping_keeps_pictures_beside_pieces_without_uvs(tmp_path: Path) -> None:
    pytest.importorskip("xatlas", reason="optional: pip install xatlas")
    scene = trimesh.Scene()
    scene.add_geometry(box(None, LEVELS), geom_name="painted")
    bare = trimesh.creation.box().apply_translation([3, 0, 0])
    scene.add_geometry(bare, geom_name="bare")
    (tmp_path / "a.glb").write_bytes(scene.export(file_type="glb"))
    loaded = load_mesh(tmp_path / "a.glb", unwrap=True)
    assert "bare: no picture of its own, one flat colour" in loaded.notes
    mesh = loaded.mesh
    middles = (mesh.uvs.mean(1) * 1024).long()
    texels = mesh.texture[0][:, 1023 - middles[:, 1], middles[:, 0]].T
    painted = mesh.vertices[mesh.faces].mean(1)[:, 0] < 0
    colours = torch.tensor([[200.0, 40, 0], [0, 80, 160]]) / 255
    near = (texels[painted][:, None] - colours).abs().amax(-1).amin(1)
    assert float(near.median()) < 0.02, "most faces show one half of the picture"
    assert torch.allclose(texels[~painted], texels[~painted][:1].expand(12, 3), atol=1e-5)


def test_a_picture_without_uvs_becomes_the_colour_of_its_mean_light_and_a_note(tmp_path: Path) -> None:
    pytest.importorskip("xatlas", reason="optional: pip install xatlas")
    lines = [line for line in TETRAHEDRON.splitlines() if not line.startswith(("vt", "f"))]
    text = "\n".join([*lines, "f 1 3 2", "f 1 2 4", "f 1 4 3", "f 2 3 4"])
    loaded = load_mesh(write_obj(tmp_path, text, MATERIAL), unwrap=True)
    half = linear_to_srgb(srgb_to_linear(torch.tensor(200 / 255)) / 2)
    expected = torch.stack([half, torch.zeros(()), half])
    assert torch.allclose(colour_of(loaded), expected, atol=1e-3)
    assert any("no UVs for its picture" in note for note in loaded.notes)
