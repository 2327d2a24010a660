import cv2
import numpy as np
import pytest
import torch
from torch import Tensor

from renders.camera import Intrinsics
from renders.fragments import Fragments, edge_planes, locate
from renders.geometry import to_view
from renders.rasterisers.spans import CELLS_PER_PASS, rasterise
from renders.rasterisers.windows import Whole, Windows, buffers_for
from renders.surfaces.flat import Flat, quad_faces, quad_uvs
from tests.renders.scenes import noise, posed, square_camera

TRIANGLE = torch.tensor([[0, 1, 2]])


def at_pixels(points_px: Tensor, depth_m: Tensor, camera: Intrinsics) -> Tensor:
    """View-space vertices that project to these pixels `[k v 3]`."""
    x = (camera.centre_x_px[:, None] - points_px[..., 0]) * depth_m / camera.focal_px[:, None]
    y = (camera.centre_y_px[:, None] - points_px[..., 1]) * depth_m / camera.focal_px[:, None]
    return torch.stack([x, y, depth_m], -1)


def signed_distances(points: Tensor, corners: Tensor) -> Tensor:
    """The least distance of points `[n 2]` to the edges of a triangle `[3 2]`, positive inside."""
    edge = corners.roll(-1, 0) - corners
    turn = edge[0, 0] * edge[1, 1] - edge[0, 1] * edge[1, 0]
    normal = torch.stack([-edge[:, 1], edge[:, 0]], -1) * turn.sign() / edge.norm(dim=-1, keepdim=True)
    return ((points[:, None] - corners) * normal).sum(-1).amin(1)


def centres(side: int) -> Tensor:
    y, x = torch.meshgrid(torch.arange(side) + 0.5, torch.arange(side) + 0.5, indexing="ij")
    return torch.stack([x, y], -1).reshape(-1, 2).double()


def mask_of(fragments: Fragments) -> Tensor:
    return fragments.pix_to_face[..., 0] >= 0


@pytest.mark.parametrize("seed", range(8))
def test_coverage_is_the_point_in_triangle_test(seed: int) -> None:
    camera = square_camera(64, 100.0, dtype=torch.float64)
    corners = noise(1, 3, 2, seed=seed, dtype=torch.float64) * 80 - 8
    depth = 1 + 5 * noise(1, 3, seed=seed + 100, dtype=torch.float64)
    fragments = rasterise(at_pixels(corners, depth, camera), TRIANGLE, camera, (64, 64))
    inside = signed_distances(centres(64), corners[0])
    clear = inside.abs() > 1e-5
    assert torch.equal(mask_of(fragments).flatten()[clear], (inside > 0)[clear])


@pytest.mark.parametrize("seed", range(6))
def test_depth_buffers_of_windows_give_what_buffers_of_whole_pictures_give(seed: int, monkeypatch) -> None:
    """Triangles in, across and beside the frame, none in one view, some half or wholly behind the camera."""
    k, side = 7, 40
    camera = square_camera(side, 50.0, k=k, dtype=torch.float64)
    spread = torch.linspace(0.1, 3, k, dtype=torch.float64)[:, None, None]
    points = (noise(k, 6, 2, seed=seed, dtype=torch.float64) - 0.5) * side * spread + side / 2
    points[3] += 10 * side
    depth = 1 + noise(k, 6, seed=seed + 100, dtype=torch.float64)
    depth[5, 2] = -0.5
    depth[2, 3:], depth[4] = -1, -1
    vertices, faces = at_pixels(points, depth, camera), torch.tensor([[0, 1, 2], [3, 4, 5]])
    whole = rasterise(vertices, faces, camera, (side, side))
    monkeypatch.setattr("renders.rasterisers.spans.CELLS_PER_PASS", 500)
    monkeypatch.setattr("renders.rasterisers.windows.SPARSE", 2.0)
    windows = rasterise(vertices, faces, camera, (side, side))
    assert torch.equal(windows.cell, whole.cell) and torch.equal(windows.face, whole.face)
    assert len(whole.cell) > 100


def test_windows_are_taken_where_most_of_large_pictures_is_empty() -> None:
    camera, corners = square_camera(64, 50.0, dtype=torch.float64), torch.tensor([[[3, 5], [9, 5], [3, 20]]])
    vertices = at_pixels(corners.double(), torch.ones(1, 3).double(), camera)

    def buffers(vertices: Tensor, side_px: int, most: int) -> Whole | Windows:
        faces = torch.arange(vertices.shape[1]).reshape(-1, 3)
        return buffers_for(vertices, faces, camera, (side_px, side_px), most)

    windows = buffers(vertices, 64, 1000)
    assert isinstance(windows, Windows) and windows.cells == 6 * 15
    assert isinstance(buffers(vertices, 64, 64 * 64), Whole)
    assert isinstance(buffers(50 * vertices, 20, 100), Whole)
    # What stands wholly behind the camera takes no room; what goes through its plane may take all of it.
    with_one_behind = buffers(torch.cat([vertices, -vertices], 1), 64, 1000)
    assert isinstance(with_one_behind, Windows) and with_one_behind.cells == 6 * 15
    vertices[0, 2, 2] = -1
    assert isinstance(buffers(vertices, 64, 1000), Whole)


def test_coverage_is_opencvs_away_from_the_edges() -> None:
    camera = square_camera(96, 100.0, dtype=torch.float64)
    corners = torch.tensor([[[10.0, 12.0], [88.0, 30.0], [35.0, 90.0]]], dtype=torch.float64)
    ours = mask_of(
        rasterise(at_pixels(corners, torch.ones(1, 3).double(), camera), TRIANGLE, camera, (96, 96))
    )
    theirs = np.zeros((96, 96), np.uint8)
    # OpenCV counts from pixel centres, in 1/65536 px here.
    cv2.fillConvexPoly(theirs, ((corners[0].numpy() - 0.5) * 65536).round().astype(np.int32), 1, shift=16)
    away = signed_distances(centres(96), corners[0]).abs().reshape(96, 96) > 1
    assert torch.equal(ours[0][away], torch.from_numpy(theirs).bool()[away])


def test_the_covered_area_is_that_of_the_polygon() -> None:
    condition = posed(64, distance_m=4.0, yaw_deg=50 * noise(64), roll_deg=180 * noise(64, seed=1))
    vertices = Flat(1.0, 0.6).vertices(condition).double()
    camera = square_camera(128, 300.0, 64, torch.float64)
    covered = mask_of(rasterise(vertices, quad_faces(vertices), camera, (128, 128))).sum((1, 2))
    x, y = (vertices[..., axis] * 300 / vertices[..., 2] for axis in (0, 1))
    area = ((x * y.roll(-1, 1) - y * x.roll(-1, 1)).sum(1) / 2).abs()
    perimeter = torch.hypot(x.roll(-1, 1) - x, y.roll(-1, 1) - y).sum(1)
    # Gauss's circle problem: the error of a count of pixel centres is far below the perimeter, and unbiased.
    assert bool(((covered - area).abs() < 0.1 * perimeter).all())
    assert abs(float((covered - area).mean())) < 2


def test_a_quad_of_two_triangles_has_no_hole_on_its_diagonal() -> None:
    camera = square_camera(224, 224.0)
    vertices = Flat(1.0, 1.0).vertices(posed(distance_m=1.0))
    assert bool(mask_of(rasterise(vertices, quad_faces(vertices), camera, (224, 224))).all())


def test_the_nearest_of_many_faces_is_seen() -> None:
    camera = square_camera(48, 60.0, dtype=torch.float64)
    corners = noise(1, 40 * 3, 2, dtype=torch.float64) * 60 - 6
    # Each face at a depth of its own, so the nearest is known without interpolation.
    depth = (1 + torch.arange(40).double()).repeat_interleave(3)[None]
    faces = torch.arange(120).reshape(40, 3).flip(0)
    fragments = rasterise(at_pixels(corners, depth, camera), faces, camera, (48, 48))
    inside = torch.stack([signed_distances(centres(48), corners[0, face]) for face in faces])
    first = 39 - (inside > 0).flip(0).to(torch.int64).argmax(0)
    expected = torch.where((inside > 0).any(0), first, -1)
    clear = inside.abs().amin(0) > 1e-5
    assert torch.equal(fragments.pix_to_face.flatten()[clear], expected[clear])
    seen = expected >= 0
    depths = (40 - expected).double()
    assert torch.allclose(fragments.zbuf.flatten()[clear & seen], depths[clear & seen])


def test_of_two_equal_faces_the_first_is_seen() -> None:
    camera = square_camera(32, 40.0)
    vertices = Flat(1.0, 1.0).vertices(posed(distance_m=2.0))
    twice = torch.cat([quad_faces(vertices)] * 2)
    seen = rasterise(vertices, twice, camera, (32, 32)).pix_to_face
    assert set(seen.unique().tolist()) <= {-1, 0, 1}


def test_an_article_outside_the_view_or_behind_the_camera_is_not_seen() -> None:
    camera = square_camera(32, 40.0, 4)
    vertices = Flat(1.0, 1.0).vertices(posed(4, distance_m=3.0))
    shift = torch.tensor([[50.0, 0, 0], [0, -50.0, 0], [0, 0, -6.0], [0, 0, 0]])
    fragments = rasterise(vertices + shift[:, None], quad_faces(vertices), camera, (32, 32))
    assert mask_of(fragments).sum((1, 2)).tolist()[:3] == [0, 0, 0]
    assert mask_of(fragments)[3].any()
    gone = vertices + shift[0]
    nothing = rasterise(gone, quad_faces(vertices), camera, (32, 32))
    assert len(nothing.cell) == 0
    hits = locate(nothing, gone, quad_faces(vertices), quad_uvs(vertices), camera)
    assert hits.uv.shape == (0, 2)


def test_a_face_may_cross_the_plane_of_the_camera() -> None:
    # The floor 1 m below, from 5 m behind to 100 m ahead: all below the horizon sees it, nothing above.
    camera = square_camera(40, 20.0, dtype=torch.float64)
    floor = torch.tensor([[[500.0, -1, -5], [-500, -1, -5], [-500, -1, 1000], [500, -1, 1000]]]).double()
    covered = mask_of(rasterise(floor, quad_faces(floor), camera, (40, 40)))[0]
    assert bool(covered[21:].all()) and not bool(covered[:20].any())


def test_back_faces_are_skipped_only_of_closed_meshes() -> None:
    camera = square_camera(32, 40.0, 2)
    vertices = Flat(1.0, 1.0).vertices(posed(2, distance_m=3.0, yaw_deg=torch.tensor([20.0, 200.0])))
    faces = quad_faces(vertices)
    both = mask_of(rasterise(vertices, faces, camera, (32, 32))).sum((1, 2))
    front = mask_of(rasterise(vertices, faces, camera, (32, 32), closed=True)).sum((1, 2))
    assert both[0] == front[0] > 0 and both[1] > 0 and front[1] == 0


def test_an_article_seen_edge_on_is_not_seen() -> None:
    camera = square_camera(32, 40.0)
    vertices = torch.tensor([[[0.0, 1, 2], [0, 1, 4], [0, -1, 4], [0, -1, 2]]])
    assert len(rasterise(vertices, quad_faces(vertices), camera, (32, 32)).cell) == 0


def test_many_views_equal_single_views() -> None:
    side = 160
    k = 2 * CELLS_PER_PASS // side**2 + 3  # several passes
    condition = posed(k, distance_m=2 + 3 * noise(k), yaw_deg=60 * noise(k, seed=1))
    vertices = Flat(1.0, 1.0).vertices(condition)
    together = rasterise(
        vertices, quad_faces(vertices), square_camera(side, 200.0, k), (side, side)
    ).pix_to_face
    for view in (0, k // 2, k - 1):
        alone = rasterise(vertices[[view]], quad_faces(vertices), square_camera(side, 200.0), (side, side))
        expected = torch.where(alone.pix_to_face >= 0, alone.pix_to_face + 2 * view, -1)
        assert torch.equal(together[[view]], expected)


def test_barycentrics_sum_to_one_and_give_back_the_point() -> None:
    condition = posed(3, dtype=torch.float64, distance_m=2.0, yaw_deg=torch.tensor([0.0, 40.0, -60.0]))
    vertices = Flat(1.0, 0.8).vertices(condition)
    camera = square_camera(48, 80.0, 3, torch.float64)
    faces = quad_faces(vertices)
    fragments = rasterise(vertices, faces, camera, (48, 48))
    shares = fragments.bary_coords[mask_of(fragments)][:, 0]
    assert torch.allclose(shares.sum(-1), torch.ones(len(shares)).double())
    assert bool((shares > -1e-6).all())
    view, corners = fragments.face // 2, faces[fragments.face % 2]
    points = (shares[..., None] * vertices[view[:, None], corners]).sum(1)
    hits = locate(fragments, vertices, faces, quad_uvs(vertices), camera)
    assert torch.allclose(hits.position, points, atol=1e-9)
    assert torch.allclose(hits.depth, points[:, 2])
    assert torch.allclose(
        (hits.normal * (points - vertices[view, 0])).sum(-1), torch.zeros(1).double(), atol=1e-9
    )
    assert bool(((hits.normal * hits.position).sum(-1) < 0).all())


def test_gradient_of_uv_footprint_and_depth_to_vertices_and_camera() -> None:
    condition = posed(
        2, dtype=torch.float64, distance_m=2.0, yaw_deg=torch.tensor([30.0, -50.0]), roll_deg=10.0
    )
    vertices = Flat(1.0, 1.0).vertices(condition).requires_grad_()
    focal = torch.full((2,), 9.0, dtype=torch.float64, requires_grad=True)
    middle = torch.full((2,), 4.0, dtype=torch.float64)
    faces, uvs = quad_faces(vertices), quad_uvs(vertices)
    fragments = rasterise(vertices, faces, Intrinsics(focal.detach(), middle, middle), (8, 8))
    assert len(fragments.cell) > 8

    def seen(vertices: Tensor, focal: Tensor) -> tuple[Tensor, ...]:
        hits = locate(fragments, vertices, faces, uvs, Intrinsics(focal, middle, middle))
        return hits.uv, hits.footprint, hits.depth, hits.normal, hits.position

    assert torch.autograd.gradcheck(seen, (vertices, focal))


def test_the_footprint_is_the_difference_between_neighbours() -> None:
    vertices = Flat(1.0, 1.0).vertices(
        posed(dtype=torch.float64, distance_m=2.0, yaw_deg=50.0, pitch_deg=20.0)
    )
    faces, uvs = quad_faces(vertices), quad_uvs(vertices)

    def uv_at(shift_x: float, shift_y: float) -> Tensor:
        camera = square_camera(64, 90.0, dtype=torch.float64)
        moved = Intrinsics(camera.focal_px, camera.centre_x_px - shift_x, camera.centre_y_px - shift_y)
        return locate(fragments, vertices, faces, uvs, moved).uv

    camera = square_camera(64, 90.0, dtype=torch.float64)
    fragments = rasterise(vertices, faces, camera, (64, 64))
    footprint = locate(fragments, vertices, faces, uvs, camera).footprint
    step = 1e-4
    by_x = (uv_at(step, 0) - uv_at(-step, 0)) / (2 * step)
    by_y = (uv_at(0, step) - uv_at(0, -step)) / (2 * step)
    assert torch.allclose(footprint, torch.stack([by_x, by_y], -1), atol=1e-7)


def test_uvs_may_be_given_per_corner() -> None:
    vertices = Flat(1.0, 1.0).vertices(posed(distance_m=2.0, yaw_deg=30.0))
    faces, uvs = quad_faces(vertices), quad_uvs(vertices)
    camera = square_camera(32, 40.0)
    fragments = rasterise(vertices, faces, camera, (32, 32))
    by_vertex = locate(fragments, vertices, faces, uvs, camera).uv
    assert torch.equal(by_vertex, locate(fragments, vertices, faces, uvs[faces], camera).uv)


def test_the_edge_planes_are_one_at_their_corner_and_nought_at_the_others() -> None:
    camera = square_camera(64, 100.0, dtype=torch.float64)
    corners = torch.tensor([[[10.0, 12.0], [58.0, 30.0], [35.0, 50.0]]], dtype=torch.float64)
    depth = torch.tensor([[1.0, 2.0, 5.0]], dtype=torch.float64)
    by_x, by_y, constant = edge_planes(at_pixels(corners, depth, camera), TRIANGLE, camera, torch.tensor([0]))
    values = by_x * corners[0, :, 0] + by_y * corners[0, :, 1] + constant
    assert torch.allclose(values * depth, torch.eye(3).double(), atol=1e-9)


def test_rows_and_columns_are_not_mixed_up() -> None:
    camera = Intrinsics(torch.tensor([40.0]), torch.tensor([32.0]), torch.tensor([8.0]))
    vertices = to_view(torch.tensor([[0.5, 0.1, 0], [0.7, 0.1, 0], [0.6, -0.1, 0]]), posed(distance_m=1.0))
    covered = mask_of(rasterise(vertices, TRIANGLE, camera, (16, 64)))[0]
    rows, columns = covered.nonzero().unbind(1)
    # To the viewer's right, at half the height.
    assert int(columns.min()) >= 52 and int(columns.max()) <= 60
    assert int(rows.min()) >= 4 and int(rows.max()) <= 12
