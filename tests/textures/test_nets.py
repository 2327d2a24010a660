"""What nets and decals say beside the cut line: folds, numbers, arrows, and words between the margins."""

import json

import numpy as np
import pypdfium2.raw
import pytest
import shapely
import torch

from renders.meshes.mesh import Mesh
from tests.renders.scenes import noise
from tests.textures.meshes import box
from tests.textures.test_mesh_paper import ROOM, grey, plate, solid
from tests.textures.test_sheets import opened, texts
from textures.meshes.decals import decals_of
from textures.meshes.net import net_of
from textures.meshes.paper import decal_files, net_files
from textures.meshes.solid import Solid, solid_of
from textures.objects import object_named

AXES = {"right": 0, "up": 1, "front": 2}


def sheet(slope: float) -> Solid:
    """A sheet of 80 x 80 mm in 8 x 8 squares of two triangles, bent up along its middle, x = 0."""
    x, y = torch.meshgrid(*(torch.linspace(-0.04, 0.04, 9).double(),) * 2, indexing="ij")
    points = torch.stack([x, y, slope * x.clamp(min=0)], -1).float().reshape(-1, 3)
    i, j = torch.meshgrid(torch.arange(8), torch.arange(8), indexing="ij")
    a = (i * 9 + j).flatten()
    faces = torch.cat([torch.stack(corner, -1) for corner in ((a, a + 9, a + 10), (a, a + 10, a + 1))])
    uvs = (points[:, :2] / 0.08 + 0.5)[faces]
    return solid(Mesh("sheet", points, faces, uvs, noise(1, 3, 8, 8), torch.zeros(128, dtype=torch.int64)))


@pytest.mark.parametrize(("slope", "folded_mm"), [(0.0, 0), (1.0, 80)])
def test_only_edges_apart_on_paper_are_cut_and_the_others_are_folded_in_their_whole_length(
    slope: float, folded_mm: float
) -> None:
    (patch,) = net_of(sheet(slope), ROOM)
    lengths = np.linalg.norm(patch.folds[:, 1] - patch.folds[:, 0], axis=-1)
    assert lengths.sum() == pytest.approx(folded_mm, abs=1e-3) and not patch.hills.any()
    assert patch.labels == ()
    assert len(patch.outline.geoms) == 1 and not patch.outline.geoms[0].interiors
    assert patch.outline.length == pytest.approx(2 * 80 + 2 * (40 + 40 * np.hypot(1, slope)), abs=0.01)


def test_no_number_of_the_die_lies_on_its_texture() -> None:
    mesh = object_named("die")
    (patch,) = net_of(solid_of(mesh, mesh.texture[0], "die"), ROOM)
    faces = shapely.union_all(shapely.buffer(shapely.polygons(patch.corners_mm), 1e-3))
    assert patch.labels and not any(faces.contains(shapely.Point(x, y)) for x, y, _ in patch.labels)


def small_words(data: bytes, size_mm: float) -> list[str]:
    """All words of a document that are written in this size."""
    found = []
    with opened(data) as document:
        for page in document:
            words = page.get_textpage()
            for item in page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_TEXT]):
                size = item.get_font_size() / 72 * 25.4
                if size == pytest.approx(size_mm, abs=0.01):
                    found.append(words.get_text_bounded(*item.get_bounds()))
    return found


def test_every_number_of_a_net_is_printed_twice() -> None:
    one = solid(box(0.11, 0.09, 0.1))
    numbers = sorted(words for patch in net_of(one, ROOM) for _, _, words in patch.labels)
    assert numbers == sorted([str(number) for number in range(1, 1 + len(numbers) // 2)] * 2)
    assert sorted(words.strip() for words in small_words(net_files(one)["box-net.pdf"], 1.7)) == numbers


def turned(quarters: int) -> Solid:
    """A plate that stands upright, its island turned on the texture."""
    one = plate(0.05, 0.05, grey())
    turn = np.linalg.matrix_power(np.array([[0, -1], [1, 0]]), quarters)
    uvs = ((one.uvs - 0.5) @ turn.T + 0.5).astype(np.float32)
    return Solid(one.id, one.title, "", one.vertices_mm, one.faces, uvs, one.uv_faces, one.texels)


def test_the_arrow_of_a_decal_points_where_it_says() -> None:
    plates = [turned(quarters) for quarters in range(4)]
    ways = []
    for one in (*plates, solid(box())):
        for patch in decals_of(one):
            assert patch.way is not None and patch.way.arrow is not None
            name, towards = patch.way.arrow
            along = one.vertices_mm[one.faces[patch.faces]][..., AXES[name]]
            # From the middle of the lowest edge to that of the highest.
            ends = [patch.corners_mm[along == end] * [1, -1] for end in (along.min(), along.max())]
            low, high = (np.unique(end, axis=0).mean(0) for end in ends)
            assert (high - low) / np.linalg.norm(high - low) == pytest.approx(towards, abs=1e-5)
            ways.append((name, *towards.round().astype(int).tolist()))
    assert {*ways[:4]} == {("up", 0, 1), ("up", 0, -1), ("up", 1, 0), ("up", -1, 0)}
    assert sorted(name for name, _, _ in ways[4:]) == ["front"] * 2 + ["up"] * 4


def test_decals_say_on_paper_and_in_figures_which_way_they_go() -> None:
    for one, page in ((plate(0.05, 0.05, grey()), "A4"), (plate(0.4, 0.05, grey()), "Letter")):
        files = decal_files(one, page)
        assert all("up" in text.split() for text in texts(files["plate-1-decals.pdf"])[1:])
        (figures,) = json.loads(files["plate-1-decals.json"])["patches"]
        assert figures["page_right"] == [1, 0, 0] and figures["page_up"] == [0, 1, 0]
    assert "page_up" not in json.loads(net_files(plate(0.05, 0.05, grey()))["plate-1-net.json"])["patches"][0]


def test_the_long_edges_of_a_large_box_have_their_tabs() -> None:
    (patch,) = net_of(solid(box(0.3, 0.3, 0.3)), (2000, 2000))
    tabs_mm2 = patch.outline.area - 6 * 300**2
    # Seven pairs of edges, a tab of 6 mm with slanted ends for each.
    assert tabs_mm2 == pytest.approx(7 * 300 * 6, rel=0.05)
