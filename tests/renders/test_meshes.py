import json
import struct
from pathlib import Path

import pytest
import torch
import trimesh
from torch import Tensor

from renders.errors import InputError
from renders.lookup import Filter, Pyramid
from renders.meshes.check import Severity, faults
from renders.meshes.islands import area, coverage, filled, island_of, overlap, texels_of
from renders.meshes.load import load_mesh
from renders.meshes.mesh import Mesh
from renders.meshes.unwrap import unwrapped
from tests.renders.meshes import MATERIAL, TETRAHEDRON, write_obj
from tests.renders.scenes import noise
from textures.objects import OBJECTS, object_named

SEPARATE = """v 0 0 0
v 1 0 0
v 0 1 0
v 0 0 1
vt 0.1 0.1
vt 0.4 0.1
vt 0.1 0.4
vt 0.6 0.6
vt 0.9 0.6
vt 0.6 0.9
f 1/1 2/2 3/3
f 1/4 3/5 4/6
"""
PLY = """ply
format ascii 1.0
element vertex 3
property float x
property float y
property float z
property float s
property float t
element face 1
property list uchar int vertex_indices
end_header
0 0 0 0.1 0.1
1 0 0 0.9 0.1
0 2 0 0.1 0.9
3 0 1 2
"""


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


def glb_without_triangles() -> bytes:
    text = json.dumps({"asset": {"version": "2.0"}, "scenes": [{"nodes": []}], "scene": 0}).encode()
    text += b" " * (-len(text) % 4)
    return struct.pack("<4sII", b"glTF", 2, 20 + len(text)) + struct.pack("<I4s", len(text), b"JSON") + text


BROKEN = {
    "a point cloud": ("x.obj", "v 0 0 0\nv 1 0 0\nv 0 1 0\n", "expected triangles"),
    "an empty file": ("x.obj", "", "the file is empty"),
    "text that is no mesh": ("x.glb", "hello", "cannot be read as a mesh"),
    "a GLB cut short": ("x.glb", glb_without_triangles()[:24], "cannot be read as a mesh"),
    "a GLB without triangles": ("x.glb", glb_without_triangles(), "expected triangles"),
    "glTF that is no JSON": ("x.gltf", "{", "cannot be read as a mesh"),
    "a PLY without its header's end": ("x.ply", "ply\nformat ascii 1.0\n", "cannot be read as a mesh"),
    "an unknown format": ("x.stl", "solid x\nendsolid x\n", "expected one of .obj"),
    "no suffix": ("x", "v 0 0 0", "no suffix"),
    "no UVs": ("x.obj", "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n", "expected UVs; found none"),
    "nan corners": ("x.obj", SEPARATE.replace("v 1 0 0", "v nan 0 0"), "expected finite coordinates"),
    "infinite corners": ("x.obj", SEPARATE.replace("v 1 0 0", "v inf 0 0"), "expected finite coordinates"),
    "nan UVs": ("x.obj", SEPARATE.replace("vt 0.4 0.1", "vt nan 0.1"), "expected finite UVs"),
    "a face of corners that are not there": (
        "x.ply",
        PLY.replace("3 0 1 2", "3 0 1 7"),
        "",
    ),
    "all corners in one place": (
        "x.obj",
        SEPARATE.replace("v 1 0 0", "v 0 0 0").replace("v 0 1 0", "v 0 0 0").replace("v 0 0 1", "v 0 0 0"),
        "in one place",
    ),
    "islands far outside the square": (
        "x.obj",
        SEPARATE.replace("vt 0.9 0.6", "vt 4.9 0.6"),
        "inside the unit square",
    ),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_mesh_gives_one_clear_line(kind: str, tmp_path: Path) -> None:
    name, content, expected = BROKEN[kind]
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError) as error:
        load_mesh(path)
    assert expected in str(error.value) and "\n" not in str(error.value)
    assert str(path) in str(error.value) or "x.obj" in str(error.value)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"up": "w"}, "is no axis"),
        ({"unit": "mile"}, "is no unit"),
        ({"unit": "m", "size_mm": 10.0}, "keep one"),
        ({"size_mm": 0.0}, "above 0"),
    ],
)
def test_wrong_settings_of_a_mesh_are_named(arguments: dict, expected: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=expected):
        load_mesh(write_obj(tmp_path), **arguments)


def test_missing_files_folders_and_pictures_that_are_none_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="found nothing"):
        load_mesh(tmp_path / "none.obj")
    (tmp_path / "folder.obj").mkdir()
    with pytest.raises(InputError, match="a folder"):
        load_mesh(tmp_path / "folder.obj")


def faulty(tmp_path: Path, text: str) -> str:
    mesh = load_mesh(write_obj(tmp_path, text, material=None, picture=False)).mesh
    return " | ".join(f"{fault.severity.value}: {fault.text}" for fault in faults(mesh))


FAULTY = {
    "overlapping islands": (
        SEPARATE.replace("f 1/4 3/5 4/6", "f 1/1 3/2 4/3"),
        "warning: 50% of the islands",
    ),
    "faces without area": (SEPARATE + "f 1/1 1/2 3/3\n", "faces have no area and are never seen"),
    "faces without area on the texture": (
        SEPARATE + "f 2/1 3/1 4/1\n",
        "1 faces have no area on the texture",
    ),
    "no area on the texture at all": (
        SEPARATE.replace("f 1/1 2/2 3/3", "f 1/1 2/1 3/1").replace("f 1/4 3/5 4/6", "f 1/4 3/4 4/4"),
        "error: no face has an area on the texture",
    ),
    "an open surface": (SEPARATE, "not closed"),
    "the same face twice": (SEPARATE + "f 1/1 2/2 3/3\n", "1 faces lie on others"),
    "faces that turn both ways": (SEPARATE.replace("f 1/4 3/5 4/6", "f 3/5 1/4 4/6"), "turn both ways"),
    "a body inside out": (
        TETRAHEDRON.replace("f 1/1 3/3 2/2", "f 1/1 2/2 3/3")
        .replace("f 1/4 2/5 4/6", "f 1/4 4/6 2/5")
        .replace("f 1/1 4/3 3/2", "f 1/1 3/2 4/3")
        .replace("f 2/4 3/5 4/6", "f 2/4 4/6 3/5"),
        "inside out",
    ),
    "mirrored islands": (SEPARATE.replace("f 1/4 3/5 4/6", "f 1/4 3/6 4/5"), "50% of the faces are mirrored"),
}


@pytest.mark.parametrize("kind", FAULTY)
def test_the_check_names_what_is_wrong(kind: str, tmp_path: Path) -> None:
    text, expected = FAULTY[kind]
    assert expected in faulty(tmp_path, text)


@pytest.mark.parametrize("name", OBJECTS)
def test_an_object_of_the_catalogue_is_sound(name: str) -> None:
    mesh = object_named(name)
    assert not [fault for fault in faults(mesh) if fault.severity is not Severity.NOTE]
    assert max(mesh.size_m) == pytest.approx(OBJECTS[name].size_mm / 1000, rel=1e-5)
    assert bool((area(mesh.uvs) > -1e-9).all()), "text on it would be mirrored"
    body = trimesh.Trimesh(mesh.vertices.numpy(), mesh.faces.numpy(), process=False)
    assert body.is_watertight and body.volume > 0


def test_an_unknown_object_names_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'can'"):
        object_named("cann")


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
    again = unwrapped(mesh, 512)
    shares = torch.tensor([0.3, 0.3, 0.4])
    for one, other in zip(mesh.faces[::7], again.faces[::7], strict=True):
        assert torch.equal(one, other)

    def seen(of: Mesh) -> Tensor:
        uv = (of.uvs * shares[:, None]).sum(1)
        return Pyramid.of(of.texture).sample(uv, uv.new_zeros(len(uv), 2, 2), Filter.BILINEAR)[0]

    # Two bilinear lookups: borders of the pattern are a texel softer, few faces look exactly there.
    assert float((seen(mesh) - seen(again)).abs().mean()) < 0.03
