import cv2
import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from renders.conditions import still
from renders.geometry import homography, rotation, to_view


def posed(**fields: float):
    import dataclasses

    return dataclasses.replace(still(1), **{n: torch.tensor([float(v)]) for n, v in fields.items()})


def normal(**angles: float) -> torch.Tensor:
    return rotation(posed(**angles))[0] @ torch.tensor([0.0, 0.0, 1.0])


def test_positive_yaw_turns_the_face_to_the_viewers_right() -> None:
    assert normal(yaw_deg=30)[0] > 0.4 and abs(normal(yaw_deg=30)[1]) < 1e-6


def test_positive_pitch_tilts_the_face_up() -> None:
    assert normal(pitch_deg=30)[1] > 0.4


def test_positive_roll_is_counter_clockwise_for_the_viewer() -> None:
    right = rotation(posed(roll_deg=30))[0] @ torch.tensor([1.0, 0.0, 0.0])
    assert right[1] > 0.4 and right[0] > 0.8


@settings(max_examples=25, deadline=None)
@given(st.floats(-180, 180), st.floats(-90, 90), st.floats(-180, 180))
def test_rotations_keep_lengths_and_handedness(yaw: float, pitch: float, roll: float) -> None:
    r = rotation(posed(yaw_deg=yaw, pitch_deg=pitch, roll_deg=roll))[0].double()
    assert torch.allclose(r @ r.T, torch.eye(3).double(), atol=1e-5)
    assert abs(float(torch.linalg.det(r)) - 1) < 1e-5


def test_an_article_at_rest_faces_the_camera() -> None:
    point = torch.tensor([[0.2, 0.3, 0.1]])
    view = to_view(point, posed(distance_m=5))[0, 0]
    assert torch.allclose(view, torch.tensor([-0.2, 0.3, 4.9]), atol=1e-6)


def test_the_homography_is_opencvs() -> None:
    corners = torch.tensor([[[10.0, 5], [90, 12], [80, 70], [15, 60]]], dtype=torch.float64)
    square = np.float32([[0, 0], [1, 0], [1, 1], [0, 1]])
    theirs = cv2.getPerspectiveTransform(square, corners[0].numpy().astype(np.float32))
    assert np.allclose(homography(corners)[0].numpy(), theirs, atol=1e-4)
