"""Decals and nets, measured in space, on paper and on the rasterised page."""

import dataclasses
import json

import numpy as np
import pytest
import shapely
import torch
from PIL import Image

from renders.errors import InputError
from renders.meshes.mesh import Mesh
from tests.renders.scenes import noise
from tests.textures.meshes import ball, box, tube
from tests.textures.test_sheets import PX_MM, measured_mm, rasterised, texts
from textures.meshes.decals import decals_of
from textures.meshes.net import net_of
from textures.meshes.paper import decal_files, net_files
from textures.meshes.solid import Solid, solid_of
from textures.meshes.unfold import hinges_of, overlaps, unfolded

ROOM = (168.0, 255.0)


def plate(width_m: float, height_m: float, image: torch.Tensor) -> Solid:
    """A flat rectangle that fills its texture."""
    x, y = width_m / 2, height_m / 2
    points = torch.tensor([[-x, -y, 0], [x, -y, 0], [x, y, 0], [-x, y, 0]])
    faces = torch.tensor([[0, 1, 2], [0, 2, 3]])
    uvs = torch.tensor([[0.0, 0], [1, 0], [1, 1], [0, 1]])[faces]
    mesh = Mesh("plate", points, faces, uvs, image[None], torch.zeros(2, dtype=torch.int64))
    return solid_of(mesh, image, "plate-1", "a plate")


def solid(mesh: Mesh) -> Solid:
    return solid_of(mesh, mesh.texture[0], mesh.name)


def grey(texels: int = 16) -> torch.Tensor:
    return torch.full((3, texels, texels), 0.5)


def lengths(corners: np.ndarray) -> np.ndarray:
    return np.linalg.norm(corners - np.roll(corners, 1, 1), axis=-1)


def test_decals_of_a_box_are_its_sides_whatever_the_texture_does_to_them() -> None:
    patches = decals_of(solid(box()))
    sizes = sorted(tuple(sorted((patch.box.width_mm, patch.box.height_mm))) for patch in patches)
    assert np.allclose(sizes, [(30, 40)] * 2 + [(30, 60)] * 2 + [(40, 60)] * 2, atol=2e-3)
    for patch in patches:
        assert (patch.stretch.low, patch.stretch.high) == pytest.approx((1, 1), abs=1e-6)
    assert [patch.number for patch in patches] == list(range(1, 7))


def test_a_tube_rolls_out_to_its_circumference() -> None:
    (patch,) = decals_of(solid(tube()))
    around = 32 * 2 * 30 * np.sin(np.pi / 32)
    assert (patch.box.width_mm, patch.box.height_mm) == pytest.approx((around, 80), abs=5e-3)
    one = solid(tube())
    assert np.allclose(lengths(patch.corners_mm), lengths(one.vertices_mm[one.faces[patch.faces]]), atol=1e-3)


def test_a_ball_cannot_lie_flat_and_the_figures_say_by_how_much() -> None:
    (patch,) = decals_of(solid(ball()))
    one = solid(ball())
    faces = one.vertices_mm[one.faces].astype(float)
    along, other = faces[:, 1] - faces[:, 0], faces[:, 2] - faces[:, 0]
    surface = np.linalg.norm(np.cross(along, other), axis=-1).sum() / 2
    assert patch.outline.area == pytest.approx(surface, rel=1e-3)
    assert patch.stretch.low < 0.8 and patch.stretch.high > 1.1


def test_the_cut_line_of_a_decal_has_its_true_size_on_the_page() -> None:
    files = decal_files(plate(0.1, 0.06, grey()))
    left, top, right, bottom = measured_mm(rasterised(files["plate-1-decals.pdf"], range(1, 2))[0])
    assert (right - left, bottom - top) == pytest.approx((100, 60), abs=0.2)
    figures = json.loads(files["plate-1-decals.json"])
    assert figures["label"] == "TEST ARTICLE" and figures["patches"][0]["stretch"] == [1, 1, 1]
    assert all("TEST ARTICLE" in text and "plate-1" in text for text in texts(files["plate-1-decals.pdf"]))


@pytest.mark.parametrize(("width_m", "page"), [(0.12, "A4"), (0.4, "Letter")])
def test_colours_lie_where_the_texture_has_them(width_m: float, page: str) -> None:
    """Black left of the middle, white right of it: the border on paper, found on whichever page shows it."""
    halves = torch.cat([torch.zeros(3, 8, 32), torch.ones(3, 8, 32)], 2)
    data = decal_files(plate(width_m, 0.05, halves), page)["plate-1-decals.pdf"]
    assert len(texts(data)) == (2 if width_m < 0.2 else 3)
    found = 0
    for pixels in rasterised(data, range(1, len(texts(data)))):
        height = pixels.shape[0]
        columns = cut_columns(pixels)
        band = pixels[:, :, 1].astype(float)
        rows = np.flatnonzero((band < 90).mean(1) > 0.1)
        rows = rows[(rows > 25 / PX_MM) & (rows < height - 25 / PX_MM)]
        if not len(rows) or not len(columns):
            continue
        line = band[rows[len(rows) // 2]]
        # Half the light is level 188: texels are interpolated in linear light.
        steps = np.flatnonzero((line[:-1] < 188) & (line[1:] >= 188)) + 1
        for cut in columns:
            # From the left or the right end of the plate it is half the width to the border.
            away = np.abs(np.abs(steps - cut) * PX_MM - width_m * 500)
            found += int(away.min() < 0.2)
    assert found


def cut_columns(pixels: np.ndarray) -> list[float]:
    """Upright parts of the magenta line, in pixels."""
    magenta = (pixels[..., 0] > 150) & (pixels[..., 1] < 140) & (pixels[..., 2] > 90)
    tall = np.flatnonzero(magenta.sum(0) > 0.5 * magenta.sum(0).max() + 50)
    return [
        float(group.mean() + 0.5)
        for group in np.split(tall, np.flatnonzero(np.diff(tall) > 3) + 1)
        if len(group)
    ]


def letters() -> torch.Tensor:
    """A black F on white: read from behind it is another picture, however it is turned."""
    image = torch.ones(3, 40, 64)
    image[:, 6:34, 20:26] = image[:, 6:12, 20:46] = image[:, 17:23, 20:38] = 0
    return image


def mirrored(one: Solid) -> Solid:
    """The same object with the same looks, its islands and the texture on them from right to left."""
    uvs = one.uvs * np.float32([-1, 1]) + np.float32([1, 0])
    return dataclasses.replace(one, uvs=uvs, texels=np.ascontiguousarray(one.texels[:, ::-1]))


def picture_of(data: bytes) -> np.ndarray:
    """What lies within the only cut line of a PDF, in 40 x 64 levels."""
    pixels = rasterised(data, range(1, 2))[0]
    left, top, right, bottom = (round(side / PX_MM) for side in measured_mm(pixels))
    inside = Image.fromarray(pixels[top + 6 : bottom - 6, left + 6 : right - 6])
    return np.asarray(inside.convert("L").resize((64, 40), Image.Resampling.BOX)).astype(float)


def test_decals_of_mirrored_islands_read_rightly() -> None:
    upright = plate(0.08, 0.05, letters())
    wanted = letters()[0].numpy() * 255
    for one in (upright, mirrored(upright)):
        seen = picture_of(decal_files(one)["plate-1-decals.pdf"])
        # Edges are soft, and half a millimetre is cut off; read from behind, most of the F is elsewhere.
        assert np.abs(seen - wanted).mean() < 8 < 20 < np.abs(seen - wanted[:, ::-1]).mean()
        (patch,) = decals_of(one)
        assert (np.linalg.det(np.diff(patch.corners_mm, axis=1)) < 0).all()


def test_a_piece_in_the_middle_of_the_object_is_at_zero_without_a_sign() -> None:
    assert "0, 0, 0" in texts(decal_files(solid(tube()))["tube-decals.pdf"])[0]


def test_nets_of_mirrored_islands_read_rightly() -> None:
    upright = plate(0.08, 0.05, letters())
    one, other = (picture_of(net_files(each)["plate-1-net.pdf"]) for each in (upright, mirrored(upright)))
    assert np.abs(one - other).mean() < 2 < 20 < np.abs(one - other[:, ::-1]).mean()


def test_a_closed_object_whose_faces_point_inwards_comes_to_paper_as_seen_from_outside() -> None:
    good = solid(box())
    turned = dataclasses.replace(good, faces=good.faces[:, ::-1], uv_faces=good.uv_faces[:, ::-1])
    for files, name in ((decal_files, "box-decals.pdf"), (net_files, "box-net.pdf")):
        one, other = (rasterised(files(each)[name], range(1, 2))[0] for each in (good, turned))
        assert (one != 255).mean() > 0.05 and np.array_equal(one, other)


def test_two_equal_faces_one_of_them_mirrored_on_the_texture_have_equal_decals() -> None:
    points = torch.tensor([[0, 0, 0], [0.06, 0, 0], [0, 0.03, 0], [0.1, 0, 0], [0.16, 0, 0], [0.1, 0.03, 0]])
    uvs = torch.tensor(
        [[[0.05, 0.05], [0.45, 0.05], [0.05, 0.25]], [[0.95, 0.05], [0.55, 0.05], [0.95, 0.25]]]
    )
    faces, sides = torch.tensor([[0, 1, 2], [3, 4, 5]]), torch.zeros(2, dtype=torch.int64)
    one, other = decals_of(solid(Mesh("pair", points, faces, uvs, noise(1, 3, 32, 32), sides)))
    assert {*one.faces.tolist(), *other.faces.tolist()} == {0, 1}
    assert np.allclose(one.corners_mm, other.corners_mm, atol=2e-3)


def test_a_net_keeps_every_length_and_overlaps_nowhere() -> None:
    for mesh in (box(), ball(across=10, up=6)):
        one = solid(mesh)
        patches = net_of(one, ROOM)
        assert sorted(np.concatenate([patch.faces for patch in patches]).tolist()) == list(
            range(len(one.faces))
        )
        for patch in patches:
            corners = one.vertices_mm[one.faces[patch.faces]].astype(float)
            assert np.allclose(lengths(patch.corners_mm), lengths(corners), atol=1e-6)
            parts = shapely.polygons(patch.corners_mm)
            assert shapely.union_all(parts).area == pytest.approx(shapely.area(parts).sum(), rel=1e-4)
            # Seen from outside: no face is mirrored (y is down on paper).
            turn = np.linalg.det(np.diff(patch.corners_mm, axis=1))
            assert (turn < 0).all()
            assert sorted((patch.box.width_mm, patch.box.height_mm)) <= sorted(ROOM)


def test_the_net_of_a_box_is_a_cross_with_five_hills_and_seven_tabs() -> None:
    (patch,) = net_of(solid(box()), ROOM)
    assert len(patch.folds) == 5 and patch.hills.all()
    numbers = sorted(int(words) for _, _, words in patch.labels)
    assert numbers == sorted([*range(1, 8)] * 2)
    faces = shapely.union_all(shapely.buffer(shapely.polygons(patch.corners_mm), 1e-4))
    tabs = [part for part in shapely.get_parts(patch.outline.difference(faces.buffer(0.01))) if part.area > 1]
    assert len(tabs) == 7
    surface = 2 * (60 * 40 + 60 * 30 + 40 * 30)
    assert faces.area == pytest.approx(surface, rel=1e-4)


def test_hills_and_valleys_are_told_apart() -> None:
    points = torch.tensor([[0.0, 0, 0], [0.05, 0, 0], [0.0, 0.05, 0], [0.05, 0.05, 0.02]])
    for depth, hill in ((-0.02, True), (0.02, False)):
        points[3, 2] = depth
        faces = torch.tensor([[0, 1, 2], [2, 1, 3]])
        uvs = torch.rand(2, 3, 2, generator=torch.Generator().manual_seed(1))
        mesh = Mesh("fold", points, faces, uvs, noise(1, 3, 8, 8), torch.zeros(2, dtype=torch.int64))
        (hinge,) = hinges_of(solid(mesh))
        assert (hinge.bend_deg > 0) is hill


def test_pieces_stay_within_the_room() -> None:
    pieces = unfolded(solid(box()), (75.0, 75.0)).pieces
    assert len(pieces) > 1
    for piece in pieces:
        assert np.ptp(np.stack(piece.corners).reshape(-1, 2), axis=0).max() <= 75


def test_overlaps_are_those_that_shapely_finds() -> None:
    corners = noise(200, 3, 2, dtype=torch.float64).numpy() * 10
    found = overlaps(corners[0], corners[1:])
    truth = shapely.intersection(shapely.Polygon(corners[0]), shapely.polygons(corners[1:]))
    clear = (shapely.area(truth) == 0) | (shapely.area(truth) > 0.01)
    assert 20 < found.sum() < 180
    assert np.array_equal(found[clear], (shapely.area(truth) > 0)[clear])


def test_a_net_that_nobody_could_glue_is_refused() -> None:
    with pytest.raises(InputError, match="simplify the mesh, or print decals"):
        net_files(solid(ball(across=64, up=32)))
    with pytest.raises(InputError, match="A4"):
        net_files(solid(box()), "A44")


def test_the_pages_of_a_net_are_the_same_each_time_and_at_true_size() -> None:
    one = plate(0.08, 0.05, grey())
    files = net_files(one)
    assert files == net_files(one)
    left, top, right, bottom = measured_mm(rasterised(files["plate-1-net.pdf"], range(1, 2))[0])
    assert sorted((right - left, bottom - top)) == pytest.approx([50, 80], abs=0.2)
