"""What is wrong with a mesh is said: refused in one line, or named by the check; the catalogue is sound."""

import json
import struct
from pathlib import Path

import pytest
import trimesh

from renders.errors import InputError
from renders.meshes.check import Severity, faults
from renders.meshes.islands import area
from renders.meshes.load import load_mesh
from tests.renders.meshes import PLY, SEPARATE, TETRAHEDRON, write_obj
from textures.objects import OBJECTS, object_named


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


def test_a_small_face_has_an_area_and_a_needle_has_none(tmp_path: Path) -> None:
    # 0.1 mm on 1 m: of its area nothing is left beside that of the mesh, but its height is sound.
    small = SEPARATE.replace("v 0 0 1", "v 0 0 1\nv 0.0001 0 0\nv 0 0.0001 0") + "f 1/1 5/2 6/3\n"
    assert "no area" not in faulty(tmp_path, small)
    needle = SEPARATE.replace("v 0 0 1", "v 0 0 1\nv 1 0.00000005 0") + "f 1/1 2/2 5/3\n"
    assert "1 faces have no area" in faulty(tmp_path, needle)
