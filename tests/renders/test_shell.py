"""Objects and bent sheets in the scene: against flat articles, closed forms and finite differences."""

import math
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor

from renders.colour import srgb_to_linear
from renders.conditions import Conditions
from renders.environment import Environments, harmonics
from renders.errors import InputError
from renders.framing import Framing
from renders.geometry import rotation, to_view
from renders.lights import highlight
from renders.meshes.islands import coverage
from renders.meshes.mesh import Mesh
from renders.scene import Scene
from renders.surfaces.bent import Cloth, Cylinder, grid_faces, grid_uvs
from renders.surfaces.flat import Flat
from renders.surfaces.shell import Shell
from tests.renders.scenes import black, hits_of, noise, phone, posed, square_camera
from textures.objects import object_named


def quad_mesh(width_m: float = 1.0, height_m: float = 1.0) -> Mesh:
    x, y = width_m / 2, height_m / 2
    vertices = torch.tensor([[-x, y, 0], [x, y, 0], [x, -y, 0], [-x, -y, 0]])
    faces = torch.tensor([[0, 2, 1], [0, 3, 2]])
    uvs = torch.tensor([[0.0, 1], [1, 1], [1, 0], [0, 0]])[faces]
    return Mesh("quad", vertices, faces, uvs, noise(1, 3, 32, 32), torch.zeros(2, dtype=torch.int64))


def scene_of(surface: object, **rest: object) -> Scene:
    return Scene(surface, phone(), black(), (48, 48), **rest)  # type: ignore[arg-type]


@pytest.mark.parametrize("framing", list(Framing))
def test_a_mesh_of_two_triangles_is_photographed_as_the_flat_article(framing: Framing) -> None:
    condition = posed(
        4, distance_m=4.0, yaw_deg=torch.tensor([-40.0, 0, 20, 60]), sun=0.5, sheen=0.2, sky=0.5
    )
    mesh = quad_mesh()
    flat = scene_of(Flat(1.0, 1.0), framing=framing)(mesh.texture, condition)
    shell = scene_of(Shell(mesh), framing=framing)(mesh.texture, condition)
    # One division by a coverage that is one to a rounding error.
    assert torch.allclose(flat, shell, atol=1e-6)


def test_the_camera_goes_round_the_object_as_azimuth_and_elevation_say() -> None:
    azimuth, elevation = torch.tensor([0.0, 90, -30, 120]), torch.tensor([0.0, 0, 50, -70])
    condition = posed(4, azimuth_deg=azimuth, elevation_deg=elevation, roll_deg=25.0, distance_m=3.0)
    a, e = torch.deg2rad(azimuth), torch.deg2rad(elevation)
    camera = 3 * torch.stack([a.sin() * e.cos(), e.sin(), a.cos() * e.cos()], -1)
    for view in range(4):
        # The point where the camera is has distance 0 from it, and the object's centre lies ahead.
        assert to_view(camera[view : view + 1], condition)[view].abs().max() < 1e-5
        assert to_view(torch.zeros(1, 3), condition)[view, 0].tolist() == pytest.approx([0, 0, 3])
        up = rotation(replace_roll(condition, 0.0))[view] @ torch.tensor([0.0, 1, 0])
        assert abs(float(up[0])) < 1e-6 and float(up[1]) >= 0, "the object stands upright in the picture"


def replace_roll(condition, roll: float):  # type: ignore[no-untyped-def]
    return replace(condition, roll_deg=torch.full_like(condition.roll_deg, roll))


def test_views_are_uniform_by_area_on_the_sphere() -> None:
    ranges = {"azimuth_deg": (-180.0, 180.0), "elevation_deg": (-30.0, 90.0)}
    drawn = Conditions(ranges).sample(torch.Generator().manual_seed(0), 4096)
    height = torch.sin(torch.deg2rad(drawn.elevation_deg))
    # Equal slices of height have equal area; Sobol points are far more even than 5 % of a slice.
    counts = torch.histc(height, 6, -0.5, 1.0)
    assert float((counts / (4096 / 6) - 1).abs().max()) < 0.05
    assert float(drawn.elevation_deg.min()) >= -30 and float(drawn.elevation_deg.max()) <= 90


def test_a_longer_lens_makes_the_object_larger_by_its_factor() -> None:
    mesh = quad_mesh()
    white = torch.ones_like(mesh.texture)
    scene = scene_of(Shell(mesh), framing=Framing.FRAME, supersample=4)
    long, short = (
        float(srgb_to_linear(scene(white, posed(distance_m=12.0, focal=f))).sum()) for f in (2.0, 1.0)
    )
    assert long / short == pytest.approx(4, rel=0.03)  # four samples a pixel, 50 of them along a side
    crop = scene_of(Shell(mesh))
    one, two = (crop(mesh.texture, posed(distance_m=2.0, focal=f)) for f in (1.0, 2.0))
    assert torch.allclose(one, two, atol=1e-4), "a crop has the size of the article whatever the lens"


def test_nothing_bleeds_into_an_object_from_beside_its_islands() -> None:
    mesh = object_named("carton")
    inside = coverage(mesh.uvs, (64, 64))
    red, green = torch.tensor([1.0, 0, 0]), torch.tensor([0.0, 1, 0])
    texture = torch.where(inside > 0, red[:, None, None], green[:, None, None])[None]
    # Far away: a pixel sees an eighth of the texture.
    condition = posed(3, distance_m=40.0, azimuth_deg=torch.tensor([0.0, 50, 130]), elevation_deg=30.0)
    for supersample in (1, 2):
        scene = scene_of(Shell(mesh, inside), framing=Framing.FRAME, supersample=supersample)
        photos = scene(texture, condition)
        assert float(photos[:, :, 0].max()) > 0.9 and float(photos[:, :, 1].max()) < 1e-3


def test_gradients_reach_every_texel_that_is_seen_and_no_other() -> None:
    mesh = object_named("can")
    inside = coverage(mesh.uvs, (32, 32))
    texture = noise(1, 3, 32, 32).requires_grad_()
    azimuth = torch.arange(12) * 30.0
    condition = posed(12, distance_m=0.4, azimuth_deg=azimuth, elevation_deg=torch.linspace(-60, 60, 12))
    scene_of(Shell(mesh, inside), supersample=2)(texture, condition).sum().backward()
    assert texture.grad is not None
    reached = texture.grad[0].abs().sum(0) > 0
    assert bool((reached <= (inside[0] > 0)).all())
    assert float(reached.float().sum() / inside.sum()) > 0.9


def test_gradients_through_texture_and_light_agree_with_finite_differences() -> None:
    mesh = object_named("mug")
    texture = noise(1, 3, 6, 6, dtype=torch.float64).mul(0.5).add(0.2).requires_grad_()
    light = torch.tensor([0.5, 0.4, 0.2, 20.0], dtype=torch.float64, requires_grad=True)
    around = noise(2, 9, 3, dtype=torch.float64).mul(0.05).add(0.05).requires_grad_()
    pose = posed(2, dtype=torch.float64, distance_m=0.4, azimuth_deg=40.0, elevation_deg=25.0)
    inside = torch.ones(1, 6, 6, dtype=torch.float64)

    def photograph(texture: Tensor, light: Tensor, around: Tensor) -> Tensor:
        sky, sun, sheen, gloss = (part.expand(2) for part in light)
        condition = replace(
            pose, sky=sky, sun=sun, sheen=sheen, gloss=gloss, environment=torch.tensor([0, 1])
        )
        scene = Scene(Shell(mesh, inside), phone(), black(), (8, 8), environments=Environments(around))
        return scene(texture, condition)

    assert torch.autograd.gradcheck(photograph, (texture, light, around), eps=1e-6, atol=1e-5, fast_mode=True)


def test_an_even_sky_of_a_map_is_no_map_at_all() -> None:
    even = Environments.of_maps([torch.full((3, 32, 64), 0.7)])
    mesh = object_named("duck")
    condition = posed(2, distance_m=0.6, elevation_deg=30.0, sky=0.6, sun=0.3)
    plain = scene_of(Shell(mesh))(mesh.texture, condition)
    lit = scene_of(Shell(mesh), environments=even)(mesh.texture, condition)
    # Sums over the map's texels: the harmonics of a constant vanish to the step of the map squared.
    assert torch.allclose(plain, lit, atol=2e-3)


def test_nine_harmonics_give_the_irradiance_of_a_map_to_a_few_percent() -> None:
    rows, columns = 32, 64
    clouds = torch.nn.functional.interpolate(noise(1, 3, 4, 8, seed=2), (rows, columns), mode="bilinear")[0]
    coefficients = Environments.of_maps([clouds]).coefficients[0].double()
    down = (torch.arange(rows, dtype=torch.float64) + 0.5) / rows * math.pi
    around = ((torch.arange(columns, dtype=torch.float64) + 0.5) / columns - 0.5) * 2 * math.pi
    ray = torch.stack(
        [
            -down.sin()[:, None] * around.sin(),
            down.cos()[:, None].expand(rows, columns),
            down.sin()[:, None] * around.cos(),
        ],
        -1,
    )
    normals = torch.nn.functional.normalize(noise(40, 3, seed=5).double() - 0.5, dim=-1)
    weight = torch.einsum("rcd,nd->nrc", ray, normals).clamp_min(0) * down.sin()[:, None]
    truth = torch.einsum("nrc,krc->nk", weight, clouds.double())
    lobe = torch.tensor([1.0, 2 / 3, 2 / 3, 2 / 3, 0.25, 0.25, 0.25, 0.25, 0.25], dtype=torch.float64)
    found = harmonics(normals) * lobe @ coefficients
    # The scale of a map is free; Ramamoorthi & Hanrahan: 1 % on average, a few percent at most.
    error = found / found.mean() - truth / truth.mean()
    assert float(error.abs().mean()) < 0.01 and float(error.abs().max()) < 0.05


def test_light_from_the_side_of_the_map_falls_on_that_side_of_the_object() -> None:
    lamp = torch.zeros(3, 16, 32)
    lamp[:, 6:10, 23:25] = 1.0  # three quarters across: to the right of straight behind the camera
    mesh = object_named("ball")
    white = torch.ones_like(mesh.texture)
    scene = scene_of(Shell(mesh), environments=Environments.of_maps([lamp]))

    def halves(**fields: float) -> tuple[float, float]:
        photo = scene(white, posed(distance_m=1.0, sky=0.4, **fields))[0, 0].mean(0)
        return float(photo[:, :24].mean()), float(photo[:, 24:].mean())

    left, right = halves()
    # Seen from the camera looking at the object, what is behind the viewer is mirrored: rightwards on a map
    # that one faces turns to the viewer's left when one has it at one's back.
    assert left > 2 * right
    turned_left, turned_right = halves(environment_deg=180.0)
    assert turned_right > 2 * turned_left


def test_a_highlight_narrows_with_its_gloss() -> None:
    condition = posed(2, sun=1.0, sheen=1.0, sun_elevation_deg=20.0, gloss=torch.tensor([32.0, 128.0]))
    camera = square_camera(9, 100.0, 2)
    soft, sharp = highlight(hits_of(Flat(1.0, 1.0), condition, camera, (9, 9)), condition).reshape(2, 9, 9)
    # The camera stands straight before the sheet: h is 10 degrees off its normal.
    ratio = math.cos(math.radians(10)) ** (128 - 32)
    assert float(sharp[4, 4] / soft[4, 4]) == pytest.approx(ratio, rel=1e-2)  # the middle pixel's own angle


def test_a_cylinder_bends_without_stretching() -> None:
    sheet = Cylinder(0.2, 0.1, 0.05)
    points, faces = sheet.points, grid_faces(sheet.columns, 1)
    assert (
        float((points[:, [0, 2]] - points.new_tensor([0, -0.05])).norm(dim=-1).sub(0.05).abs().max()) < 1e-9
    )
    row = points[: sheet.columns + 1]
    length = float((row[1:] - row[:-1]).norm(dim=-1).sum())
    # Facets of 4 degrees cut the arc short by (angle / 2)² / 6.
    assert length == pytest.approx(0.2, rel=3e-4)
    assert sheet.wrap_deg == pytest.approx(math.degrees(4)) and len(faces) == 2 * sheet.columns


def test_a_cylinder_of_a_huge_radius_and_smooth_cloth_are_flat() -> None:
    texture = noise(1, 3, 32, 32)
    condition = posed(3, distance_m=3.0, yaw_deg=torch.tensor([-30.0, 0, 50]), sun=0.5, sky=0.5)
    flat = scene_of(Flat(1.0, 0.5), supersample=2)(texture, condition)
    for bent in (Cylinder(1.0, 0.5, 1e4), Cloth(1.0, 0.5, cells=4)):
        # The same plane cut into other triangles: rounding moves single samples at the borders.
        difference = (scene_of(bent, supersample=2)(texture, condition) - flat).abs()
        assert float(difference.mean()) < 1e-4


def test_a_sheet_cannot_go_round_more_than_once() -> None:
    with pytest.raises(InputError, match="overlap itself"):
        Cylinder(0.2, 0.1, 0.03)


def test_wrinkles_have_the_height_that_is_asked_and_are_replayed() -> None:
    cloth = Cloth(0.5, 0.7)
    condition = posed(200, wrinkle=0.04, noise_seed=torch.arange(200))
    relief = cloth.relief(condition)
    # 200 sheets of 12 waves: the standard error of the deviation is about 2 %.
    assert float(relief.std()) == pytest.approx(0.04 * 0.5, rel=0.08)
    assert torch.equal(cloth.relief(condition[5:6])[0], relief[5])
    assert not torch.equal(relief[0], relief[1])
    uvs = grid_uvs(32, 32)
    assert float(uvs.min()) == 0 and float(uvs.max()) == 1


def test_maps_are_read_and_what_is_none_is_named(tmp_path: Path) -> None:
    sky = np.full((8, 16, 3), (0.25, 0.5, 1.0), np.float32)  # OpenCV writes blue, green, red
    cv2.imwrite(str(tmp_path / "sky.hdr"), sky)
    first = Environments.read(tmp_path).coefficients[0, 0]
    # Radiance shares one exponent among the channels: eight bits of the largest.
    assert (first / first[0]).tolist() == pytest.approx([1.0, 0.5, 0.25], abs=0.01)
    cv2.imwrite(str(tmp_path / "square.hdr"), sky[:, :8])
    (tmp_path / "text.hdr").write_text("no map")
    for name, says in (("square.hdr", "twice as wide"), ("text.hdr", "Radiance"), ("none.hdr", "nothing")):
        with pytest.raises(InputError, match=says):
            Environments.read(tmp_path / name)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="found none"):
        Environments.read(tmp_path / "empty")
