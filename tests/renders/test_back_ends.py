"""Every rasteriser against the default one: what is seen, and what the picture looks like."""

import dataclasses

import pytest
import torch
from torch import Tensor

from renders.camera import Intrinsics
from renders.errors import InputError
from renders.fragments import Fragments, locate
from renders.geometry import to_view
from renders.lookup import Pyramid
from renders.rasterisers import choose, spans
from renders.rasterisers.choose import RASTERISERS, automatic, best, rasteriser
from renders.shade import layered, shade
from renders.surfaces.flat import Flat, quad_faces
from tests.renders.scenes import natural, noise, posed, square_camera
from tests.textures.meshes import ball, box

OTHERS = [name for name in RASTERISERS if name != "spans"]
needed = pytest.mark.parametrize("name", OTHERS)


def installed(name: str) -> choose.Rasterise:
    end = RASTERISERS[name]
    if not end.available:
        pytest.skip(f"{end.package} is not installed: {end.install}")
    if name == "nvdiffrast" and not torch.cuda.is_available():
        pytest.skip("nvdiffrast needs a CUDA device")
    return rasteriser(name)


def inner(seen: Tensor) -> Tensor:
    """Pixels away from silhouettes: all nine around them see the object, or none does."""
    covered = (seen[..., 0] >= 0).float()[:, None]
    share = torch.nn.functional.avg_pool2d(covered, 3, 1, 1, count_include_pad=False)[:, 0]
    return (share == 0) | (share == 1)


def agreement(ours: Fragments, theirs: Fragments) -> float:
    """The share of the pixels away from silhouettes in which both see the same face."""
    one, other = ours.pix_to_face, theirs.pix_to_face
    return float((one == other)[..., 0][inner(one)].double().mean())


@needed
def test_back_ends_see_the_same_faces_of_a_round_object(name: str) -> None:
    other = installed(name)
    condition = posed(
        2, distance_m=torch.tensor([0.2, 0.5]), yaw_deg=torch.tensor([50.0, -140.0]), pitch_deg=20.0
    )
    mesh = ball(across=48, up=24)
    vertices = to_view(mesh.vertices, condition)
    camera = square_camera(96, 150.0, 2)
    ours = spans.rasterise(vertices, mesh.faces, camera, (96, 96))
    theirs = other(vertices, mesh.faces, camera, (96, 96))
    assert float((ours.pix_to_face >= 0).double().mean()) > 0.15
    assert agreement(ours, theirs) >= 0.999
    assert torch.equal(theirs.cell, theirs.cell.sort().values)
    assert theirs.faces is mesh.faces and theirs.size == (96, 96)


@needed
def test_back_ends_leave_no_hole_in_a_frontal_sign(name: str) -> None:
    # The diagonal goes exactly through pixel centres.
    other = installed(name)
    vertices = Flat(1.0, 1.0).vertices(posed(distance_m=1.0))
    camera = square_camera(64, 40.0)
    ours = spans.rasterise(vertices, quad_faces(vertices), camera, (64, 64)).pix_to_face
    theirs = other(vertices, quad_faces(vertices), camera, (64, 64)).pix_to_face
    assert torch.equal(ours >= 0, theirs >= 0)


@needed
def test_back_ends_do_not_mix_up_rows_columns_or_the_principal_point(name: str) -> None:
    other = installed(name)
    vertices = to_view(box().vertices, posed(2, distance_m=0.3, yaw_deg=torch.tensor([30.0, -60.0])))
    camera = Intrinsics(torch.tensor([90.0, 60.0]), torch.tensor([40.0, 70.0]), torch.tensor([12.0, 20.0]))
    ours = spans.rasterise(vertices, box().faces, camera, (32, 96))
    assert agreement(ours, other(vertices, box().faces, camera, (32, 96))) >= 0.999


@needed
def test_back_ends_agree_on_a_floor_that_passes_under_the_camera(name: str) -> None:
    other = installed(name)
    floor = torch.tensor([[[50.0, -1, -5], [-50, -1, -5], [-50, -1, 100], [50, -1, 100]]]).double()
    camera = square_camera(40, 20.0, dtype=torch.float64)
    ours = spans.rasterise(floor, quad_faces(floor), camera, (40, 40))
    assert agreement(ours, other(floor, quad_faces(floor), camera, (40, 40))) >= 0.999


@needed
def test_back_ends_give_the_same_picture(name: str) -> None:
    other = installed(name)
    condition = dataclasses.replace(
        posed(2, distance_m=0.3, yaw_deg=torch.tensor([20.0, 100.0])), sun=torch.tensor([0.5, 1.0])
    )
    mesh = ball(across=48, up=24)
    vertices, camera, size = to_view(mesh.vertices, condition), square_camera(80, 200.0, 2), (80, 80)
    pyramid = Pyramid.of(natural(64))

    def picture(fragments: Fragments) -> Tensor:
        hits = locate(fragments, vertices, mesh.faces, mesh.uvs, camera)
        return layered(shade(pyramid, hits, condition), hits, size, 2)[0]

    ours = spans.rasterise(vertices, mesh.faces, camera, size)
    away = inner(ours.pix_to_face)
    wrong = (picture(ours) - picture(other(vertices, mesh.faces, camera, size))).abs().amax(1)[away]
    # The pixel is evaluated from its face by the same code: only ties between faces can differ.
    assert float((wrong > 1e-3).double().mean()) <= 0.001


def test_warp_has_the_faces_of_spans_in_a_heap_of_triangles() -> None:
    other = installed("warp")
    vertices = noise(3, 90, 3, dtype=torch.float64) * torch.tensor([2.0, 2, 2]) - torch.tensor([1.0, 1, 0.3])
    faces = torch.arange(90).reshape(30, 3)
    camera = square_camera(64, 40.0, 3, torch.float64)
    ours, theirs = (end(vertices, faces, camera, (64, 64)) for end in (spans.rasterise, other))
    assert float((ours.pix_to_face == theirs.pix_to_face).double().mean()) > 0.9999


def test_many_faces_go_to_warp_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def with_warp(there: bool) -> None:
        ends = {
            **RASTERISERS,
            "warp": dataclasses.replace(RASTERISERS["warp"], package="torch" if there else "no_"),
        }
        monkeypatch.setattr(choose, "RASTERISERS", ends)

    with_warp(True)
    assert [best("cpu", 2), best("cpu", 60_000), best("cuda", 2), best("mps", 60_000)] == [
        "spans",
        "warp",
        "warp",
        "spans",
    ]
    with_warp(False)
    assert best("cuda", 60_000) == "spans"


def test_back_ends_have_names_and_say_what_they_need() -> None:
    assert rasteriser() is automatic and rasteriser("spans") is spans.rasterise
    with pytest.raises(InputError, match="spans"):
        rasteriser("span")
    for name in OTHERS:
        if not RASTERISERS[name].available:
            with pytest.raises(InputError, match=f"needs the package {RASTERISERS[name].package}"):
                rasteriser(name)
