import dataclasses
import json
import xml.etree.ElementTree as ElementTree
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import torch
import trimesh
from PIL import Image
from scipy import ndimage

from renders.colour import linear_to_srgb, srgb_to_linear
from renders.errors import InputError
from renders.lookup import Pyramid
from renders.meshes.islands import coverage
from tests.renders.scenes import noise
from tests.textures.meshes import OBJECTS, ball, box, tube
from tests.textures.readers import READERS
from textures.meshes.export import MESH_FORMATS, export_mesh
from textures.meshes.flaws import flaws_of, thickness_mm
from textures.meshes.refine import Triangles, refined
from textures.meshes.solid import Solid, solid_of


def solid(name: str = "box") -> Solid:
    mesh = OBJECTS[name]()
    return solid_of(mesh, mesh.texture[0], "turtle-7", f'a "{name}" & co.', "abcdef0123456789")


def order(corners: np.ndarray) -> np.ndarray:
    """Faces in an order that does not depend on how a file lists them (corners keep their turn)."""
    start = np.lexsort(corners.reshape(-1, 3).T).reshape(-1, 3)
    rank = np.empty(corners.shape[0] * 3, dtype=int)
    rank[start.reshape(-1)] = np.arange(len(rank))
    first = rank.reshape(-1, 3).argmin(1)
    turned = np.take_along_axis(corners, ((first[:, None] + np.arange(3)) % 3)[..., None], 1)
    return np.lexsort(turned.reshape(-1, 9).T)


@pytest.mark.parametrize("kind", OBJECTS)
@pytest.mark.parametrize("name", [name for name in MESH_FORMATS if name != "ply"])
def test_every_format_gives_back_the_same_object(name: str, kind: str, tmp_path: Path) -> None:
    one = solid(kind)
    read = READERS[name](MESH_FORMATS[name](one), one, tmp_path)
    corners = one.vertices_mm[one.faces]
    # float32 in the files; GLB goes through metres and back.
    slack = 1e-4 if name == "glb" else 1e-6
    assert read.corner_uvs is not None and read.texels is not None
    ours, theirs = order(corners.round(3)), order(read.corners_mm.round(3))
    assert np.allclose(corners[ours].mean(1), read.corners_mm[theirs].mean(1), atol=slack)
    assert np.allclose(one.corner_uvs[ours].mean(1), read.corner_uvs[theirs].mean(1), atol=1e-6)
    assert np.array_equal(read.texels, one.texels)
    assert np.allclose(np.cross(*sides(corners[ours])), np.cross(*sides(read.corners_mm[theirs])), atol=1e-2)


def sides(corners: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]


@pytest.mark.parametrize("kind", OBJECTS)
def test_vertex_colours_are_those_of_the_texture(kind: str, tmp_path: Path) -> None:
    mesh = OBJECTS[kind]()
    # A texture as coarse as its vertices will be: what they can hold, they must hold.
    smooth = torch.nn.functional.interpolate(noise(1, 3, 6, 6), size=(48, 48), mode="bicubic").clamp(0, 1)
    one = solid_of(mesh, smooth[0], "smooth")
    read = READERS["ply"](MESH_FORMATS["ply"](one), one, tmp_path)
    edges = np.linalg.norm(read.corners_mm - np.roll(read.corners_mm, 1, 1), axis=-1)
    assert edges.max() <= 1.5 * one.texel_mm + 1e-5
    area = np.linalg.norm(np.cross(*sides(read.corners_mm.astype(float))), axis=-1).sum()
    assert area == pytest.approx(
        np.linalg.norm(np.cross(*sides(one.vertices_mm[one.faces])), axis=-1).sum(), rel=1e-5
    )
    fine = refined(Triangles(one.vertices_mm, one.faces, one.corner_uvs), 1.5 * one.texel_mm, 400_000)
    image = torch.from_numpy(one.texels / 255.0).float().permute(2, 0, 1)[None]
    uv = torch.from_numpy(fine.corner_uvs.reshape(-1, 2)).float()
    still = torch.zeros(len(uv), 2, 2)
    truth = linear_to_srgb(Pyramid.of(srgb_to_linear(image)).sample(uv, still))[0].T.numpy() * 255
    assert read.colours is not None
    wrong = np.abs(read.colours.reshape(-1, 3) - truth).max(1)
    # Seams mix both sides, and each side has its own colour: few vertices, the rest within the filter.
    assert np.quantile(wrong, 0.8) < 12


def test_the_colours_of_an_object_of_one_colour_are_exact(tmp_path: Path) -> None:
    one = solid_of(ball(), torch.tensor([10.0, 128, 250])[:, None, None].expand(3, 32, 32) / 255, "plain")
    read = READERS["ply"](MESH_FORMATS["ply"](one), one, tmp_path)
    assert read.colours is not None and np.unique(read.colours.reshape(-1, 3), axis=0).tolist() == [
        [10, 128, 250]
    ]


def test_cut_faces_leave_no_crack_and_no_long_edge() -> None:
    one = solid("ball")
    fine = refined(Triangles(one.vertices_mm, one.faces, one.corner_uvs), 2.0, 1_000_000)
    body = trimesh.Trimesh(fine.vertices, fine.faces, process=False)
    assert body.is_watertight and body.is_winding_consistent
    assert body.edges_unique_length.max() <= 2.0
    before = trimesh.Trimesh(one.vertices_mm, one.faces, process=False)
    assert body.volume == pytest.approx(before.volume, rel=1e-6)
    few = refined(Triangles(one.vertices_mm, one.faces, one.corner_uvs), 0.1, 3000)
    assert len(one.faces) < len(few.faces) <= 3000


def test_where_not_every_long_edge_may_be_cut_the_longest_are() -> None:
    one = solid("ball")
    start = Triangles(one.vertices_mm, one.faces, one.corner_uvs)
    whole = refined(start, 5.0, 100_000)
    # Fewer than a pass makes of all long edges; a ring of 24 equal ones stays uncut as a whole.
    most = len(one.faces) + 400
    few = refined(start, 5.0, most)
    assert most - 48 <= len(few.faces) <= most < len(whole.faces)
    body = trimesh.Trimesh(few.vertices, few.faces, process=False)
    assert body.is_watertight and body.is_winding_consistent
    before = trimesh.Trimesh(one.vertices_mm, one.faces, process=False).edges_unique_length
    assert body.edges_unique_length.max() < before.max() - 1
    assert len(refined(start, 5.0, 10).faces) == len(one.faces)


def test_the_side_of_a_texel_is_that_of_a_mean_one() -> None:
    """On a box of 60 x 40 x 30 mm whose six islands take a quarter of 0.38 of the texture each."""
    one = solid("box")
    surface = 2 * (60 * 40 + 60 * 30 + 40 * 30)
    assert one.texel_mm == pytest.approx((surface / (6 * 0.25 * 0.38 * 96**2)) ** 0.5, rel=1e-5)


@pytest.mark.parametrize("name", MESH_FORMATS)
def test_every_format_says_what_it_is_and_is_the_same_each_time(name: str) -> None:
    files = MESH_FORMATS[name](solid())
    assert files == MESH_FORMATS[name](solid())
    for file, data in files.items():
        if file.endswith("3mf"):
            with zipfile.ZipFile(BytesIO(data)) as archive:
                data = archive.read("3D/3dmodel.model")
        assert b"TEST ARTICLE turtle-7" in data, file
    with Image.open(BytesIO(export_mesh(solid())["turtle-7.png"])) as image:
        assert str(image.info["Title"]).startswith("TEST ARTICLE turtle-7")


def test_units_and_the_up_axis_are_stated() -> None:
    files = export_mesh(solid())
    for name in ("turtle-7.obj", "turtle-7.wrl"):
        assert b"units: mm" in files[name] and b"up axis: y" in files[name]
    assert b"comment units: mm\ncomment up axis: y\n" in files["turtle-7.ply"][:300]
    length = int.from_bytes(files["turtle-7.glb"][12:16], "little")
    extras = json.loads(files["turtle-7.glb"][20 : 20 + length])["asset"]["extras"]
    assert extras["up_axis"] == "y" and extras["id"] == "turtle-7"


def test_the_height_of_the_object_is_z_in_3mf_and_it_stands_on_the_plate() -> None:
    import lib3mf

    model = lib3mf.Wrapper().CreateModel()
    model.QueryReader("3mf").ReadFromBuffer(export_mesh(solid(), ["3mf"])["turtle-7.3mf"])
    outbox = model.GetOutbox()
    assert list(outbox.MinCoordinate) == pytest.approx([0, 0, 0], abs=1e-4)
    assert list(outbox.MaxCoordinate) == pytest.approx([60, 30, 40], abs=1e-4)


def test_an_unknown_format_names_the_nearest() -> None:
    with pytest.raises(InputError, match="obj"):
        export_mesh(solid(), ["obi"])


def test_a_bad_id_and_a_texture_out_of_range_are_refused() -> None:
    mesh = box()
    with pytest.raises(InputError, match="id of letters"):
        solid_of(mesh, mesh.texture[0], "../evil")
    with pytest.raises(InputError, match="divide by 255"):
        solid_of(mesh, mesh.texture[0] * 255, "bright")


def test_a_title_with_control_characters_leaves_the_model_well_formed() -> None:
    mesh = box()
    one = solid_of(mesh, mesh.texture[0], "box", "a\x00 \x0bbox\x1b\n& co.")
    with zipfile.ZipFile(BytesIO(export_mesh(one, ["3mf"])["box.3mf"])) as archive:
        model = ElementTree.fromstring(archive.read("3D/3dmodel.model"))
    assert model[0].text == "TEST ARTICLE box: a box & co."


def test_islands_are_carried_on_at_least_8_texels_and_keep_their_own() -> None:
    mesh = box(texels=256)
    inside = coverage(mesh.uvs, (256, 256))[0] > 0
    image = torch.where(inside, torch.tensor([0.0, 80, 0])[:, None, None], 255.0) / 255
    texels = solid_of(mesh, image, "green").texels
    around = ndimage.distance_transform_edt(~inside.numpy()) <= 8
    assert bool((texels[around] == (0, 80, 0)).all())


def test_a_closed_object_has_no_flaw_although_its_texture_has_seams() -> None:
    assert flaws_of(solid("box")) == []
    assert flaws_of(solid("ball")) == []


def twice(good: Solid) -> Solid:
    """The first face is there a second time."""
    again = [np.concatenate([part, part[:1]]) for part in (good.faces, good.uv_faces)]
    return dataclasses.replace(good, faces=again[0], uv_faces=again[1])


def test_flaws_are_named() -> None:
    def names(broken: Solid) -> list[str]:
        return [flaw.name for flaw in flaws_of(broken)]

    good = solid("ball")
    assert names(solid("tube")) == ["open"]
    assert names(dataclasses.replace(good, faces=good.faces[:, ::-1])) == ["inside out"]
    turned = good.faces.copy()
    turned[7] = turned[7, ::-1]
    assert names(dataclasses.replace(good, faces=turned)) == ["winding"]
    assert "branching" in names(twice(good))
    flat = good.faces.copy()
    flat[3] = flat[3, [0, 0, 1]]
    assert "flat faces" in names(dataclasses.replace(good, faces=flat))
    assert names(dataclasses.replace(good, vertices_mm=good.vertices_mm / 1000)) == ["small", "thin"]
    assert names(dataclasses.replace(good, vertices_mm=good.vertices_mm * 1000)) == ["large"]
    thin = solid_of(box(0.06, 0.04, 0.0008), noise(3, 8, 8), "card")
    assert names(thin) == ["thin"]


def test_thickness_is_that_of_the_box_and_of_the_ball() -> None:
    assert set(thickness_mm(solid("box")).round(decimals=3).tolist()) == {60.0, 40.0, 30.0}
    through = thickness_mm(solid("ball"))
    # A faceted ball of 24 x 12: chords of at most its diameter.
    assert float(through.min()) > 70 and float(through.max()) <= 80.001


def test_nothing_lies_opposite_in_an_open_sheet() -> None:
    one = solid_of(tube(), noise(3, 8, 8), "tube")
    sheet = dataclasses.replace(one, faces=one.faces[:1], uv_faces=one.uv_faces[:1])
    assert bool(thickness_mm(sheet).isinf().all())
