"""A mesh from a file: its shape, seams and picture are kept, and its islands on the texture are known."""

from pathlib import Path

import pytest
import torch
import trimesh
from torch import Tensor

from renders.errors import InputError
from renders.lookup import Filter, Pyramid
from renders.meshes.check import Severity, faults
from renders.meshes.islands import coverage, filled, island_of, overlap, texels_of
from renders.meshes.load import load_mesh
from renders.meshes.mesh import Mesh
from renders.meshes.read import Piece
from renders.meshes.unwrap import unwrapped
from tests.renders.meshes import MATERIAL, PLY, SEPARATE, TETRAHEDRON, write_obj
from tests.renders.scenes import noise
from textures.objects import object_named


def shown_colours(mesh: Mesh) -> Tensor:
    """The texture's colour at the middle of every face."""
    middle = mesh.uvs.mean(1)
    rows, columns = mesh.texture.shape[-2:]
    row = ((1 - middle[:, 1]) * rows).long().clamp(0, rows - 1)
    return mesh.texture[0][:, row, (middle[:, 0] * columns).long().clamp(0, columns - 1)].T


def test_an_obj_keeps_its_shape_its_seams_and_its_picture(tmp_path: Path) -> None:
    mesh = load_mesh(write_obj(tmp_path), unit="cm").mesh
    assert mesh.size_m == pytest.approx((0.01, 0.02, 0.01))
    # Corners that the file has once are there once, whatever their number of UVs: the body is closed.
    assert len(mesh.vertices) == 4
    assert trimesh.Trimesh(mesh.vertices.numpy(), mesh.faces.numpy(), process=False).is_watertight
    colours = shown_colours(mesh)
    assert {tuple(c) for c in colours.mul(255).round().int().tolist()} == {(200, 0, 0), (0, 0, 200)}
    assert torch.allclose(mesh.vertices.amax(0), -mesh.vertices.amin(0))


@pytest.mark.parametrize(("up", "tall"), [("y", 1), ("z", 1), ("x", 1), ("-y", 1), ("-z", 1), ("-x", 1)])
def test_the_stated_axis_points_up_and_nothing_is_mirrored(up: str, tall: int, tmp_path: Path) -> None:
    axis = "xyz".index(up[-1])
    lengths = ["1", "1", "1"]
    lengths[axis] = "3" if up[0] != "-" else "-3"
    corner = [[lengths[i] if i == j else "0" for j in range(3)] for i in range(3)]
    lines = TETRAHEDRON.splitlines()
    lines[3:6] = ["v " + " ".join(row) for row in corner]
    mesh = load_mesh(write_obj(tmp_path, "\n".join(lines)), up=up).mesh
    assert mesh.size_m[tall] == pytest.approx(3)
    tip = mesh.vertices[mesh.vertices[:, 1].argmax()]
    others = mesh.vertices[mesh.vertices[:, 1] < 0]
    assert float(tip[1]) == pytest.approx(1.5) and len(others) == 3
    volume = trimesh.Trimesh(mesh.vertices.numpy(), mesh.faces.numpy(), process=False).volume
    # The same faces seen from outside before and after: a mirror would turn the sign.
    assert (volume > 0) == (up[0] != "-")


def test_a_size_scales_the_longest_side_and_nothing_else(tmp_path: Path) -> None:
    mesh = load_mesh(write_obj(tmp_path), size_mm=300).mesh
    assert mesh.size_m == pytest.approx((0.15, 0.3, 0.15))


def test_a_ply_with_uvs_is_read(tmp_path: Path) -> None:
    path = tmp_path / "one.ply"
    path.write_text(PLY)
    loaded = load_mesh(path)
    assert loaded.mesh.uvs[0].tolist() == [pytest.approx(p) for p in ([0.1, 0.1], [0.9, 0.1], [0.1, 0.9])]
    assert any("flat colour" in note for note in loaded.notes)


def test_a_glb_of_several_placed_materials_becomes_one_mesh_with_one_texture(tmp_path: Path) -> None:
    from PIL import Image

    scene = trimesh.Scene()
    for number, colour in enumerate(((200, 0, 0), (0, 200, 0), (0, 0, 200))):
        box = trimesh.creation.box()
        uv = noise(len(box.vertices), 2, seed=number).numpy()
        picture = Image.new("RGB", (8 * (number + 1), 16), colour)
        material = trimesh.visual.material.PBRMaterial(baseColorTexture=picture)
        box.visual = trimesh.visual.TextureVisuals(uv=uv, material=material)
        place = trimesh.transformations.translation_matrix([2 * number, 0, 0])
        scene.add_geometry(box, node_name=f"box {number}", geom_name=f"box {number}", transform=place)
    path = tmp_path / "boxes.glb"
    path.write_bytes(scene.export(file_type="glb"))
    loaded = load_mesh(path)
    mesh = loaded.mesh
    assert mesh.size_m == pytest.approx((5, 1, 1)) and mesh.part.unique().tolist() == [0, 1, 2]
    assert "3 materials share one texture" in loaded.notes
    for x, colour in ((-2, [200, 0, 0]), (0, [0, 200, 0]), (2, [0, 0, 200])):
        here = (mesh.vertices[mesh.faces].mean(1)[:, 0] - x).abs() < 0.6
        seen = shown_colours(mesh)[here].mul(255).round()
        # Colours pass through linear light when cells are resized: one level of rounding.
        assert bool(((seen - torch.tensor(colour)).abs() <= 1).all())


def test_islands_whole_tiles_away_are_moved_back(tmp_path: Path) -> None:
    text = SEPARATE.replace("vt 0.6 0.6", "vt 3.6 -1.4")
    text = text.replace("vt 0.9 0.6", "vt 3.9 -1.4").replace("vt 0.6 0.9", "vt 3.6 -1.1")
    moved, plain = tmp_path / "moved", tmp_path / "plain"
    moved.mkdir(), plain.mkdir()
    loaded, same = load_mesh(write_obj(moved, text)), load_mesh(write_obj(plain, SEPARATE))
    assert torch.allclose(loaded.mesh.uvs, same.mesh.uvs, atol=1e-6)
    assert any("1 islands moved back" in note for note in loaded.notes)


def test_a_repeating_picture_is_enlarged_where_an_island_crosses_its_edge(tmp_path: Path) -> None:
    text = "mtllib thing.mtl\nusemtl paint\n" + SEPARATE.replace("vt 0.1 0.1", "vt -0.2 0.1")
    loaded = load_mesh(write_obj(tmp_path, text))
    assert any("picture enlarged" in note for note in loaded.notes)
    mesh = loaded.mesh
    assert float(mesh.uvs.min()) >= 0 and float(mesh.uvs.max()) <= 1
    corner = mesh.uvs[0][mesh.uvs[0, :, 0].argmin()]
    column = int(float(corner[0]) * mesh.texture.shape[3])
    # u = -0.2 is what a repeating picture shows at 0.8: its blue half.
    assert mesh.texture[0, :, -5, column].mul(255).round().tolist() == [0, 0, 200]


def test_a_missing_picture_becomes_the_colour_of_the_material_and_a_note(tmp_path: Path) -> None:
    loaded = load_mesh(write_obj(tmp_path, material=MATERIAL.replace("map_Kd paint.png", "")))
    assert loaded.mesh.texture[0, :, 0, 0].tolist() == pytest.approx([0.2, 0.4, 0.6], abs=2 / 255)
    assert any("flat colour" in note for note in loaded.notes)


def test_texels_lie_on_the_face_that_covers_them() -> None:
    uvs = torch.tensor([[[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]], [[1.0, 1.0], [0.6, 1.0], [1.0, 0.6]]])
    face = texels_of(uvs, (10, 10)).face
    assert int(face[-1, 0]) == 0 and int(face[0, -1]) == 1 and int(face[5, 9]) == -1
    # Each texel is covered if its centre is inside, so the count is the area to a row along the slanted edge.
    assert int((face == 0).sum()) == pytest.approx(50, abs=5.1)
    assert overlap(uvs) < 0.01 and overlap(uvs[[0, 0]]) == pytest.approx(0.5, abs=0.01)
    assert island_of(uvs).tolist() == [0, 1]


def test_coverage_holds_every_texel_that_a_lookup_on_an_island_touches() -> None:
    uvs = torch.tensor([[[0.31, 0.33], [0.64, 0.32], [0.4, 0.71]]])
    covered = coverage(uvs, (32, 32))[0]
    shares = noise(2000, 3, seed=3) + 1e-3
    u, v = (shares / shares.sum(1, keepdim=True) @ uvs[0]).unbind(-1)
    row, column = (1 - v) * 32 - 0.5, u * 32 - 0.5
    for r in (row.floor(), row.floor() + 1):
        for c in (column.floor(), column.floor() + 1):
            assert bool((covered[r.long(), c.long()] == 1).all())


def test_texels_beside_the_islands_take_the_nearest_colour() -> None:
    image = torch.zeros(1, 3, 4, 8)
    image[..., 2], image[..., 5] = 0.25, 0.75
    covered = torch.zeros(1, 4, 8)
    covered[..., 2] = covered[..., 5] = 1
    row = filled(image, covered)[0, 0, 0]
    assert row.tolist() == [0.25, 0.25, 0.25, 0.25, 0.75, 0.75, 0.75, 0.75]


def test_a_mesh_without_uvs_gets_islands_that_do_not_overlap(tmp_path: Path) -> None:
    pytest.importorskip("xatlas", reason="optional: pip install xatlas")
    path = tmp_path / "ball.ply"
    path.write_bytes(trimesh.creation.icosphere(subdivisions=2).export(file_type="ply"))
    mesh = load_mesh(path, size_mm=100, unwrap=True).mesh
    assert not [fault for fault in faults(mesh) if fault.severity is not Severity.NOTE]
    assert len(mesh.faces) == 320 and max(mesh.size_m) == pytest.approx(0.1)
    assert float(mesh.texture.std()) < 1e-6, "one flat colour stays one"


def test_unwrapping_keeps_what_the_object_looks_like() -> None:
    pytest.importorskip("xatlas", reason="optional: pip install xatlas")
    mesh = object_named("mug")
    shares = torch.tensor([0.3, 0.3, 0.4])

    def seen(uvs: Tensor, texture: Tensor) -> Tensor:
        uv = (uvs * shares[:, None]).sum(1)
        return Pyramid.of(texture).sample(uv, uv.new_zeros(len(uv), 2, 2), Filter.BILINEAR)[0]

    # Its UVs three tiles away and back show the same.
    for tiles in (0, 3):
        uvs = mesh.uvs.numpy() + tiles
        piece = Piece("mug", mesh.vertices.numpy(), mesh.faces.numpy(), uvs, mesh.texture[0], False)
        again = unwrapped(mesh.vertices, mesh.faces, (piece,), 512)
        # Two bilinear lookups: borders of the pattern are a texel softer, few faces look exactly there.
        assert float((seen(mesh.uvs, mesh.texture) - seen(*again)).abs().mean()) < 0.03


def test_a_picture_that_repeats_many_times_is_unwrapped(tmp_path: Path) -> None:
    pytest.importorskip("xatlas", reason="optional: pip install xatlas")
    far = "\n".join(
        line if not line.startswith("vt") else "vt " + " ".join(str(5 * float(n)) for n in line.split()[1:])
        for line in TETRAHEDRON.splitlines()
    )
    path = write_obj(tmp_path, far, MATERIAL)
    with pytest.raises(InputError, match="--unwrap"):
        load_mesh(path)
    mesh = load_mesh(path, unwrap=True).mesh
    assert float(mesh.uvs.min()) >= 0 and float(mesh.uvs.max()) <= 1
    assert float(mesh.texture.std()) > 0.1, "the picture is on it"
