"""Markers, homography and pose against photos whose truth is known, and against the training geometry."""

import itertools

import cv2
import numpy as np
import pytest
import torch

from eot.photos.lens import Sighting, lens_of
from eot.photos.likeness import recognised
from eot.photos.markers import find_markers
from eot.photos.pose import pose_of
from eot.photos.register import mapped, place, rectified
from eot.photos.rehearsal.camera import Exposure, Stand, to_photo
from renders.camera import Camera
from renders.conditions import Conditions
from renders.geometry import to_view
from tests.eot.photos.sheets import CAMERA, board, decoded, plane, shoot
from textures.sheets.fiducials import bits_of


def grey(jpeg: bytes) -> np.ndarray:
    return cv2.cvtColor(decoded(jpeg), cv2.COLOR_RGB2GRAY)


def seen_by_the_training_camera(points_m: np.ndarray, pose: tuple[float, float, float, float]) -> np.ndarray:
    """Points of an article through `renders.geometry`, the code that articles are optimised with."""
    names = ("distance_m", "yaw_deg", "pitch_deg", "roll_deg")
    condition = Conditions({n: (v, v) for n, v in zip(names, pose, strict=True)}).sample(torch.Generator(), 1)
    x, y, z = to_view(torch.from_numpy(points_m).double(), condition.to(torch.device("cpu"), torch.float64))[
        0
    ].T
    return torch.stack(
        [CAMERA.width_px / 2 - CAMERA.focal_px * x / z, CAMERA.height_px / 2 - CAMERA.focal_px * y / z], -1
    ).numpy()


POSES = list(itertools.product((1.0, 4.0), (-60.0, -20.0, 25.0), (-15.0, 0.0, 20.0), (-90.0, 0.0, 7.0)))


@pytest.mark.parametrize("pose", POSES[::5])
def test_pose_is_the_inverse_of_the_training_geometry(pose: tuple[float, float, float, float]) -> None:
    sheet = board()
    points = sheet.in_article(np.concatenate(list(sheet.markers_mm.values())))
    found = pose_of(points, seen_by_the_training_camera(points, pose), CAMERA)
    # float32 inside OpenCV's solver
    assert (found.distance_m, found.yaw_deg, found.pitch_deg, found.roll_deg) == pytest.approx(pose, abs=1e-3)
    assert found.rms_px < 1e-3 and not found.ambiguous


def test_the_rehearsal_camera_agrees_with_the_training_geometry() -> None:
    sheet = board()
    shown, stand = plane(sheet), Stand(3.0, 35.0, -12.0, 20.0)
    points = np.concatenate(list(sheet.markers_mm.values()))
    ours = mapped(to_photo(shown, stand, CAMERA), points)
    theirs = seen_by_the_training_camera(sheet.in_article(points), (3.0, 35.0, -12.0, 20.0))
    # the training camera works in float32 at frame sizes of 1600 px
    assert np.abs(ours - theirs).max() < 1e-3


def test_a_pose_off_the_middle_of_the_frame_is_that_about_the_line_of_sight() -> None:
    sheet = board()
    points = np.concatenate(list(sheet.markers_mm.values()))
    stand = Stand(2.0, -30.0, 10.0, 5.0, aim=(0.2, 0.75))
    found = pose_of(sheet.in_article(points), mapped(to_photo(plane(sheet), stand, CAMERA), points), CAMERA)
    angles = (found.distance_m, found.yaw_deg, found.pitch_deg, found.roll_deg)
    assert angles == pytest.approx((2.0, -30.0, 10.0, 5.0), abs=1e-3)


@pytest.mark.parametrize(("distance", "yaw"), [(1.0, 0.0), (1.0, 30.0), (1.1, -60.0), (2.0, 20.0)])
def test_markers_of_20_px_give_the_pose_to_the_promised_accuracy(distance: float, yaw: float) -> None:
    sheet = board()
    jpeg = shoot(plane(sheet), Stand(distance, yaw, 8.0, 3.0, aim=(0.45, 0.55)), seed=1)
    (found,) = place(find_markers(grey(jpeg), [sheet.ids]), [sheet])
    assert found.complete
    pose = pose_of(found.sighting.article_m, found.sighting.image_px, CAMERA)
    assert pose.distance_m == pytest.approx(distance, rel=0.005)
    # the 0.5 degree of the issue is a median; a single view near head-on may be twice as far off
    assert (pose.yaw_deg, pose.pitch_deg, pose.roll_deg) == pytest.approx((yaw, 8.0, 3.0), abs=1.0)
    assert not pose.ambiguous or abs(pose.yaw_deg - yaw) < 1.0


def test_corners_are_found_to_a_twentieth_of_a_pixel() -> None:
    sheet, stand = board(), Stand(1.2, 20.0, 5.0, 10.0)
    truth = to_photo(plane(sheet), stand, CAMERA)
    errors = [
        np.linalg.norm(marker.corners_px - mapped(truth, sheet.markers_mm[marker.id]), axis=-1)
        for marker in find_markers(grey(shoot(plane(sheet), stand)))
    ]
    assert len(errors) == 4
    assert np.sqrt(np.mean(np.square(errors))) < 0.05


def test_markers_too_blurred_to_read_are_recognised_where_they_are_known() -> None:
    sheet, stand = board(), Stand(2.3, 15.0, 5.0, 20.0)
    photo = grey(shoot(plane(sheet), stand, exposure=Exposure(blur_px=1.7)))
    # 2.9 px a cell: the bits of neighbouring cells have run into each other
    assert [m.id for m in find_markers(photo)] != [0, 1, 2, 3]
    (found,) = place(find_markers(photo, [sheet.ids]), [sheet])
    assert found.complete and 22 < found.marker_px < 24
    truth = to_photo(plane(sheet), stand, CAMERA)
    for marker in found.markers:
        off = np.linalg.norm(marker.corners_px - mapped(truth, sheet.markers_mm[marker.id]), axis=-1)
        # a marker that is taken for a turned one is off by its side
        assert off.max() < 2
    # Known numbers that are not there are not seen into it.
    assert place(find_markers(photo, [board(100).ids]), [board(100)]) == []


@pytest.mark.parametrize("turn", range(4))
def test_a_marker_is_recognised_whichever_way_up_it_is(turn: int) -> None:
    upright = np.kron(bits_of(7) * 160 + 40, np.ones((6, 6))).astype(np.uint8)
    photo = np.pad(np.rot90(upright, -turn), 6, constant_values=200)
    square = np.array([[6, 6], [54, 6], [54, 54], [6, 54]], np.float64)
    known = recognised(photo, square, (3, 7, 9))
    assert known is not None
    number, corners, alike = known
    assert number == 7 and alike > 0.99
    # turned clockwise by quarters its own top left is at the top right, bottom right, bottom left
    assert corners.tolist() == np.roll(square, -turn, 0).tolist()
    assert recognised(photo, square, (3, 9)) is None


def test_a_photo_of_nothing_has_no_sheet() -> None:
    empty = plane(board())
    jpeg = shoot(empty, Stand(500.0))
    assert place(find_markers(grey(jpeg)), [board()]) == []


@pytest.mark.parametrize(
    "shape", [(1, 1), (3, 3), (1, 4000), (2, 19999), (19999, 2), (12, 19999), (9000, 40)], ids=str
)
def test_a_picture_that_no_marker_fits_into_has_none(shape: tuple[int, int]) -> None:
    generator = torch.Generator().manual_seed(0)
    picture = torch.randint(0, 256, shape, generator=generator).byte().numpy()
    assert place(find_markers(picture, [board().ids]), [board()]) == []


def test_a_marker_of_another_plane_is_left_out() -> None:
    sheet = board()
    jpeg = shoot(plane(sheet), Stand(1.0))
    markers = find_markers(grey(jpeg))
    moved = [m if m.id != 2 else type(m)(2, m.corners_px + 60) for m in markers]
    (found,) = place(moved, [sheet])
    assert {m.id for m in found.markers} == {0, 1, 3} and not found.complete


def test_one_marker_alone_is_no_sheet() -> None:
    markers = find_markers(grey(shoot(plane(board()), Stand(1.0))))
    assert place(markers[:1], [board()]) == []


def test_the_rectified_article_has_its_colour_and_size() -> None:
    sheet = board()
    jpeg = shoot(plane(sheet), Stand(1.0, 30.0), exposure=Exposure(gain=1.0, vignetting=0.0))
    photo = decoded(jpeg)
    (found,) = place(find_markers(cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)), [sheet])
    straight = rectified(photo, found.homography, sheet.corners_mm, 0.5)
    assert straight.shape == (80, 96, 3)
    # JPEG and noise leave a level or two
    assert np.abs(np.median(straight[4:-4, 4:-4], (0, 1)) - (200, 60, 40)).max() <= 3


def sightings(tilts: list[float], focal: Camera, k1: float = 0.0) -> list[Sighting]:
    sheet = board()
    points = np.concatenate(list(sheet.markers_mm.values()))
    result = []
    for index, tilt in enumerate(tilts):
        seen = mapped(to_photo(plane(sheet), Stand(1.0 + 0.1 * index, tilt, tilt / 3), focal), points)
        half = np.array([focal.width_px, focal.height_px]) / 2
        offset = (seen - half) / np.linalg.norm(half)
        bent = offset * (1 + k1 * (offset**2).sum(-1, keepdims=True))
        result.append(Sighting(sheet.in_article(points), half + bent * np.linalg.norm(half)))
    return result


def test_slanted_views_tell_the_focal_length() -> None:
    truth = Camera.from_35mm(31.4, 1600, 1200)
    lens = lens_of((1600, 1200), sightings([20, -30, 40], truth))
    assert lens.source == "sheets"
    assert lens.camera.focal_px == pytest.approx(truth.focal_px, rel=1e-3)


def test_many_views_tell_how_straight_lines_bend() -> None:
    truth = Camera.from_35mm(26, 1600, 1200)
    lens = lens_of((1600, 1200), sightings([20, -30, 40, -50, 25, -35, 45, 30, -20], truth, k1=-0.03), 26.0)
    assert lens.camera.focal_px == pytest.approx(truth.focal_px, rel=2e-3)
    assert lens.k1 == pytest.approx(-0.03, abs=0.006)


def test_head_on_views_tell_nothing_and_exif_is_used() -> None:
    straight = sightings([0, 1, 2], CAMERA)
    assert lens_of((1600, 1200), straight, 26.0).source == "exif"
    nothing = lens_of((1600, 1200), straight)
    assert nothing.source == "none" and "no distances" in nothing.note


def test_a_cropped_photo_is_told_by_its_focal_length() -> None:
    truth = Camera.from_35mm(52, 1600, 1200)
    lens = lens_of((1600, 1200), sightings([20, -30, 40], truth), 26.0)
    assert lens.source == "sheets" and "2.00 times" in lens.note


def test_a_square_seen_exactly_head_on_has_its_distance() -> None:
    half = 0.075
    points = np.array([[-half, half, 0], [half, half, 0], [half, -half, 0], [-half, -half, 0]])
    found = pose_of(points, seen_by_the_training_camera(points, (1.5, 0.0, 0.0, 0.0)), CAMERA)
    assert found.distance_m == pytest.approx(1.5, rel=1e-4)
    # near head-on an angle shows only in its cosine, so it is as good as the square root of the corners
    assert (found.yaw_deg, found.pitch_deg, found.roll_deg) == pytest.approx((0, 0, 0), abs=0.1)
