"""The shadow of an article on itself: a closed form, a convex body, and rays cast by another program."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from renders.conditions import Condition
from renders.fragments import Hits
from renders.framing import Framing, frames
from renders.lights import highlight, irradiance, sun_direction
from renders.meshes.mesh import Mesh
from renders.rasterisers.spans import rasterise
from renders.scene import Scene, seen
from renders.self_shadow import MAP_PX, from_the_sun, sunlight_left
from renders.surfaces.shell import Shell
from tests.renders.scenes import black, noise, phone, posed
from textures.objects import object_named


def plate_before_a_wall(ahead_m: float) -> Mesh:
    """A square of 0.4 m, so far before the middle of a square of 2 m."""
    corners = torch.tensor([[-1.0, 1, 0], [1, 1, 0], [1, -1, 0], [-1, -1, 0]])
    plate = corners * 0.2 + torch.tensor([0.0, 0.0, ahead_m])
    faces = torch.tensor([[0, 2, 1], [0, 3, 2]])
    faces = torch.cat([faces, faces + 4])
    uvs = torch.tensor([[0.0, 1], [1, 1], [1, 0], [0, 0]]).repeat(2, 1)[faces]
    return Mesh("plate", torch.cat([corners, plate]), faces, uvs, noise(1, 3, 32, 32), torch.zeros(4).long())


def looked_at(mesh: Mesh, condition: Condition) -> tuple[Hits, Tensor, Tensor]:
    """What a whole-object crop of 96 px sees, what is left of the sun there, and the corners."""
    surface = Shell(mesh)
    vertices = surface.vertices(condition)
    (view,) = frames(Framing.CROP, vertices, condition, phone(), (96, 96))
    hits = seen(view, surface.skin(vertices))
    return hits, sunlight_left(hits, vertices, mesh.faces, condition, rasterise), vertices


@pytest.mark.parametrize("azimuth", [45.0, -30.0])
def test_a_plate_shades_the_wall_where_geometry_says(azimuth: float) -> None:
    condition = posed(distance_m=6.0, sky=0.0, sun=1.0, sun_azimuth_deg=azimuth, sun_elevation_deg=0.0)
    hits, left, _ = looked_at(plate_before_a_wall(0.5), condition)
    x, y, z = hits.position.double().unbind(-1)
    wall = (z - 6).abs() < 1e-3
    # A sun to the viewer's right (-x) throws the shadow to the left, as far as tan(azimuth) of the gap.
    shift = 0.5 * torch.tan(torch.deg2rad(torch.tensor(azimuth, dtype=torch.float64)))
    outside = torch.maximum((x - shift).abs(), y.abs()) - 0.2
    edge = 1.5 * 2 * 1.45 / MAP_PX  # one and a half cells of the map; half the diagonal is 1.44 m
    assert bool((left[wall & (outside < -edge)] == 0).all())
    # Four shares sum to one but for a rounding error.
    assert float(left[wall & (outside > edge)].min()) > 1 - 1e-6
    assert float(left[~wall].min()) > 1 - 1e-6
    assert int((wall & (outside < -edge)).sum()) > 20


def test_a_body_without_hollows_casts_no_shadow_on_itself() -> None:
    condition = posed(3, distance_m=1.0, sun=1.0, sun_azimuth_deg=torch.tensor([0.0, 60.0, -75.0]))
    hits, left, _ = looked_at(object_named("ball"), condition)
    lit = (sun_direction(condition)[hits.view] * hits.normal).sum(-1) > 0.1
    assert int(lit.sum()) > 1000
    assert float(left[lit].min()) > 1 - 1e-6


def test_the_shadow_of_a_mug_is_what_rays_to_the_sun_say() -> None:
    rays = pytest.importorskip("embreex.rtcore_scene", reason="embreex is not installed")
    from embreex.mesh_construction import TriangleMesh

    mesh = object_named("mug")
    condition = posed(distance_m=0.6, azimuth_deg=35.0, elevation_deg=35.0, sun=1.0, sun_azimuth_deg=50.0)
    condition = replace(condition, sun_elevation_deg=torch.tensor([40.0]))
    hits, left, vertices = looked_at(mesh, condition)
    world = rays.EmbreeScene()
    TriangleMesh(world, np.ascontiguousarray(vertices[0].numpy()), mesh.faces.int().numpy())
    start = (hits.position + 1e-4 * hits.normal).float().numpy()
    toward = sun_direction(condition).float().expand(len(start), 3).contiguous().numpy()
    free = torch.from_numpy(world.run(start, toward) < 0)
    faces_sun = (sun_direction(condition)[hits.view] * hits.normal).sum(-1) > 0.05
    # The rest are pixels on the edge of a shadow, which is soft here and hard there.
    agree = ((left > 0.5) == free)[faces_sun].double().mean()
    assert 0.05 < float((~free)[faces_sun].double().mean()) < 0.95
    assert float(agree) > 0.98


def test_what_the_shadow_leaves_scales_the_sun_and_its_mirror_image_and_not_the_sky() -> None:
    condition = posed(distance_m=6.0, sky=0.3, sun=0.8, sheen=0.5, sun_azimuth_deg=20.0)
    hits, _, _ = looked_at(plate_before_a_wall(0.5), condition)
    none, all_of_it = torch.zeros(len(hits.view)), torch.ones(len(hits.view))
    assert torch.allclose(irradiance(hits, condition, sun_left=none), torch.tensor(0.3))
    assert torch.equal(irradiance(hits, condition, sun_left=all_of_it), irradiance(hits, condition))
    assert bool((highlight(hits, condition, none) == 0).all())
    assert torch.equal(highlight(hits, condition, all_of_it), highlight(hits, condition))


def test_a_scene_asks_for_its_shadow_and_gets_it_in_photograph_and_gradient() -> None:
    mesh = plate_before_a_wall(0.5)
    condition = posed(distance_m=6.0, sky=0.2, sun=0.8, sun_azimuth_deg=45.0)
    plain = Scene(Shell(mesh), phone(), black(), (48, 48))
    sums = []
    for scene in (plain, replace(plain, self_shadow=True)):
        texture = mesh.texture.clone().requires_grad_()
        photo = scene(texture, condition)
        photo.sum().backward()
        assert texture.grad is not None
        sums.append((float(photo.detach().sum()), float(texture.grad.sum())))
    assert sums[1][0] < sums[0][0]
    assert sums[1][1] != sums[0][1]


def test_the_camera_in_the_sun_is_a_rotation_that_looks_along_the_light() -> None:
    condition = posed(
        4,
        sun_azimuth_deg=torch.tensor([0.0, 50.0, -120.0, 10.0]),
        sun_elevation_deg=torch.tensor([0.0, 30.0, 80.0, 90.0]),
    )
    turn = from_the_sun(condition).double()
    assert torch.allclose(turn @ turn.mT, torch.eye(3).double().expand(4, 3, 3), atol=1e-6)
    assert torch.allclose(torch.linalg.det(turn), torch.ones(4).double(), atol=1e-6)
    assert torch.allclose(turn[:, 2], -sun_direction(condition).double(), atol=1e-6)
