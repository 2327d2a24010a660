import pytest
import torch
from torch import Tensor

from renders.camera import Camera
from renders.framing import NATIVE_PX, Framing, View, crops, extent_px, frame, frames, in_order
from renders.surfaces.flat import Flat
from tests.renders.scenes import noise, posed

CAMERA = Camera(3000.0, 4000, 3000)
FLAT = Flat(0.75, 0.75)


def box(view: View) -> tuple[Tensor, Tensor]:
    """Lowest and highest pixel `[k 2]` of the article in a view's own pixels."""
    scale = view.camera.focal_px[:, None] / view.vertices[..., 2]
    x = view.camera.centre_x_px[:, None] - view.vertices[..., 0] * scale
    y = view.camera.centre_y_px[:, None] - view.vertices[..., 1] * scale
    points = torch.stack([x, y], -1)
    return points.amin(1), points.amax(1)


def cropped(output_px: int = 64, k: int = 1, **fields: float | Tensor) -> list[View]:
    condition = posed(k, **fields)
    return crops(FLAT.vertices(condition), condition, CAMERA, (output_px, output_px))


def test_the_extent_is_size_times_focal_over_distance() -> None:
    centre, extent = extent_px(FLAT.vertices(posed(distance_m=10.0)), CAMERA)
    assert torch.allclose(centre, torch.tensor([[2000.0, 1500.0]]), atol=1e-2)
    assert torch.allclose(extent, torch.full((1, 2), 225.0), atol=1e-2)


@pytest.mark.parametrize("zoom", [1.0, 1.3, 3.0])
def test_the_crop_is_zoom_times_the_article_and_has_it_in_the_middle(zoom: float) -> None:
    (view,) = cropped(distance_m=5.0, yaw_deg=30.0, roll_deg=10.0, zoom=zoom)
    low, high = box(view)
    assert float((high - low).max()) == pytest.approx(view.size[0] / zoom, rel=1e-4)
    assert torch.allclose((low + high) / 2, torch.full((1, 2), view.size[0] / 2), atol=1e-2)


def test_aim_moves_the_article_right_and_down_to_the_edge_of_the_crop() -> None:
    (view,) = cropped(distance_m=5.0, zoom=2.0, aim_x=1.0, aim_y=-1.0)
    low, high = box(view)
    assert float(high[0, 0]) == pytest.approx(view.size[1], abs=0.05)
    assert float(low[0, 1]) == pytest.approx(0.0, abs=0.05)


def test_a_near_article_is_photographed_at_the_models_size_and_binned() -> None:
    (view,) = cropped(output_px=64, distance_m=3.0, zoom=1.3)
    side = 0.75 * 3000 / 3 * 1.3
    assert view.size == (64, 64)
    assert float(view.binning) == pytest.approx(side / 64, rel=1e-4)
    assert float(view.camera.focal_px) == pytest.approx(3000 * 64 / side, rel=1e-4)


def test_a_far_article_is_photographed_at_no_more_pixels_than_the_camera_has() -> None:
    (view,) = cropped(output_px=224, distance_m=60.0, zoom=1.3)
    side = 0.75 * 3000 / 60 * 1.3
    assert view.size[0] in NATIVE_PX and 0.8 < view.size[0] / side < 1.25
    assert float(view.binning) == pytest.approx(max(1.0, side / view.size[0]), rel=1e-4)


def test_every_native_size_is_near_one_on_offer() -> None:
    sizes = torch.tensor(NATIVE_PX, dtype=torch.float64)
    wanted = torch.logspace(0.95, 3.5, 500, dtype=torch.float64)
    nearest = sizes[(wanted.log()[:, None] - sizes.log()).abs().argmin(1)]
    assert float((nearest / wanted - 1).abs().max()) < 0.21


def test_groups_hold_every_view_once_and_go_back_in_order() -> None:
    k = 40
    views = cropped(224, k, distance_m=3 + 57 * noise(k), zoom=1 + noise(k, seed=1))
    assert len(views) > 3
    assert torch.cat([view.rows for view in views]).sort().values.tolist() == list(range(k))
    parts = [view.rows[None, :, None, None, None].float().expand(2, -1, 3, 4, 4) for view in views]
    assert in_order(parts, views)[0, :, 0, 0, 0].tolist() == list(range(k))
    for view in views:
        assert torch.equal(view.condition.zoom, 1 + noise(k, seed=1)[view.rows])


def test_the_frame_is_the_whole_of_the_camera() -> None:
    condition = posed(distance_m=10.0)
    view = frame(FLAT.vertices(condition), condition, CAMERA, (480, 640))
    assert view.size == (480, 640)
    assert float(view.binning) == pytest.approx(4000 / 640)
    low, high = box(view)
    assert torch.allclose(high - low, torch.full((1, 2), 225.0 * 640 / 4000), atol=1e-2)
    assert torch.allclose((low + high) / 2, torch.tensor([[320.0, 240.0]]), atol=1e-2)


def test_a_frame_smaller_than_the_output_is_not_enlarged_by_the_camera() -> None:
    condition = posed(distance_m=10.0)
    view = frame(FLAT.vertices(condition), condition, Camera(100.0, 64, 48), (480, 640))
    assert view.size == (48, 64) and float(view.binning) == 1.0


@pytest.mark.parametrize(("aim_x", "aim_y"), [(0.0, 0.0), (1.0, 1.0), (-1.0, 0.5)])
def test_aim_places_the_article_in_the_free_room_of_the_frame(aim_x: float, aim_y: float) -> None:
    condition = posed(distance_m=10.0, aim_x=aim_x, aim_y=aim_y)
    view = frame(FLAT.vertices(condition), condition, CAMERA, (3000, 4000))
    low, high = box(view)
    free = torch.tensor([4000.0, 3000.0]) / 2 - 225.0 / 2
    expected = torch.tensor([2000.0, 1500.0]) + torch.tensor([aim_x, aim_y]) * free
    assert torch.allclose((low + high)[0] / 2, expected, atol=0.1)
    assert bool((low > -0.1).all()) and bool((high[0] < torch.tensor([4000.1, 3000.1])).all())


def test_a_turned_article_is_aimed_at_the_very_edge_and_not_beyond() -> None:
    # Its nearer side moves further than its middle: the room is not that of the middle.
    k = 200
    condition = posed(k, distance_m=2.0, yaw_deg=150 * noise(k) - 75, aim_x=1.0, aim_y=-1.0)
    view = frame(FLAT.vertices(condition), condition, CAMERA, (3000, 4000))
    low, high = box(view)
    assert torch.allclose(high[:, 0], torch.tensor(4000.0), atol=0.5) and bool((low[:, 0] > 0).all())
    assert torch.allclose(low[:, 1], torch.tensor(0.0), atol=0.5) and bool((high[:, 1] < 3000).all())


def test_an_article_larger_than_the_frame_stays_in_the_middle() -> None:
    condition = posed(distance_m=0.3, aim_x=1.0, aim_y=1.0)
    view = frame(FLAT.vertices(condition), condition, CAMERA, (480, 640))
    low, high = box(view)
    assert torch.allclose((low + high)[0] / 2, torch.tensor([320.0, 240.0]), atol=1e-2)


def test_the_framing_is_chosen_by_its_name() -> None:
    condition = posed(4, distance_m=torch.tensor([3.0, 60.0, 3.0, 60.0]))
    vertices = FLAT.vertices(condition)
    assert len(frames(Framing.FRAME, vertices, condition, CAMERA, (48, 64))) == 1
    assert [view.rows.tolist() for view in frames(Framing.CROP, vertices, condition, CAMERA, (64, 64))] == [
        [1, 3],
        [0, 2],
    ]
