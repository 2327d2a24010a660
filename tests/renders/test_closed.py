"""Closed meshes: which are, and that skipping what nobody sees changes nothing in what is seen."""

from dataclasses import replace

import pytest
import torch

from renders.geometry import to_view
from renders.meshes.closed import is_closed
from renders.meshes.mesh import Mesh
from renders.rasterisers import spans
from renders.surfaces.shell import Shell
from tests.renders.scenes import noise, posed, square_camera
from tests.renders.test_back_ends import OTHERS, agreement, installed
from textures.objects import OBJECTS, object_named


def turned_inside_out(mesh: Mesh) -> Mesh:
    return replace(mesh, faces=mesh.faces.flip(1))


def without_a_face(mesh: Mesh) -> Mesh:
    return replace(mesh, faces=mesh.faces[1:], uvs=mesh.uvs[1:], part=mesh.part[1:])


def beside(one: Mesh, other: Mesh) -> Mesh:
    faces = torch.cat([one.faces, other.faces + len(one.vertices)])
    vertices = torch.cat([one.vertices, other.vertices])
    uvs, part = torch.cat([one.uvs, other.uvs]), torch.cat([one.part, other.part])
    return replace(one, vertices=vertices, faces=faces, uvs=uvs, part=part)


def scaled(mesh: Mesh, scale: float) -> Mesh:
    return replace(mesh, vertices=mesh.vertices * scale)


@pytest.mark.parametrize("name", OBJECTS)
def test_every_object_of_the_catalogue_is_closed(name: str) -> None:
    assert is_closed(object_named(name))


def test_holes_and_turned_faces_are_found() -> None:
    mesh = object_named("die")
    assert not is_closed(without_a_face(mesh))
    one_turned = torch.cat([mesh.faces[:1].flip(1), mesh.faces[1:]])
    assert not is_closed(replace(mesh, faces=one_turned))
    assert not is_closed(turned_inside_out(mesh))


def test_a_body_inside_out_is_found_beside_a_sound_one_but_may_be_a_cavity() -> None:
    mesh = object_named("die")
    moved = replace(mesh, vertices=mesh.vertices + 3 * mesh.vertices.abs().amax())
    assert is_closed(beside(mesh, moved))
    assert not is_closed(beside(mesh, turned_inside_out(moved)))
    assert is_closed(beside(mesh, turned_inside_out(scaled(mesh, 0.5))))
    assert not is_closed(beside(turned_inside_out(mesh), scaled(mesh, 0.5)))


@pytest.mark.parametrize("name", ["ball", "mug", "duck", "die"])
def test_the_same_faces_are_seen_whether_or_not_the_others_are_skipped(name: str) -> None:
    mesh = object_named(name)
    k, size_m = 12, max(mesh.size_m)
    condition = posed(
        k,
        distance_m=size_m * (1 + noise(k).abs()),
        azimuth_deg=360 * noise(k, seed=1) - 180,
        elevation_deg=180 * noise(k, seed=2) - 90,
        roll_deg=90 * noise(k, seed=3),
    )
    vertices, camera = to_view(mesh.vertices, condition), square_camera(90, 100.0, k)
    every = spans.rasterise(vertices, mesh.faces, camera, (90, 90))
    fewer = spans.rasterise(vertices, mesh.faces, camera, (90, 90), closed=True)
    assert len(every.cell) > 90 * k
    assert torch.equal(every.cell, fewer.cell) and torch.equal(every.face, fewer.face)


def test_a_camera_inside_sees_the_inside() -> None:
    mesh = object_named("die")
    vertices = to_view(mesh.vertices, posed(distance_m=0.0))
    seen = spans.rasterise(vertices, mesh.faces, square_camera(32, 20.0), (32, 32), closed=True)
    assert len(seen.cell) == 32 * 32


@pytest.mark.parametrize("name", OTHERS)
def test_back_ends_see_the_same_of_a_closed_mesh(name: str) -> None:
    other, mesh = installed(name), object_named("mug")
    azimuth = torch.tensor([40.0, -100.0, 170.0])
    condition = posed(3, distance_m=0.3, azimuth_deg=azimuth, elevation_deg=30.0)
    vertices, camera = to_view(mesh.vertices, condition), square_camera(96, 150.0, 3)
    ours = spans.rasterise(vertices, mesh.faces, camera, (96, 96))
    theirs = other(vertices, mesh.faces, camera, (96, 96), closed=True)
    assert agreement(ours, theirs) >= 0.999


def test_a_shell_says_so_of_its_mesh() -> None:
    mesh = object_named("die")
    like = torch.zeros(1)
    assert Shell(mesh).skin(like).closed
    assert (
        not Shell(replace(mesh, faces=mesh.faces[1:], uvs=mesh.uvs[1:], part=mesh.part[1:])).skin(like).closed
    )
