"""The edge of a shadow that something else casts on the article."""

import math

import pytest
import torch

from renders.lights import PENUMBRA
from renders.scene import Scene
from renders.surfaces.shell import Shell
from tests.renders.scenes import black, phone, posed
from tests.textures.meshes import box


@pytest.mark.parametrize("angle_deg", [0.0, 90.0, 150.0])
def test_a_shadow_on_an_object_has_one_straight_edge_whatever_its_islands(angle_deg: float) -> None:
    # Six sides, six islands: in the picture the edge goes straight across all of them.
    pose = {"distance_m": 1.5, "azimuth_deg": 30.0, "elevation_deg": 25.0}
    scene = Scene(Shell(box(0.3, 0.3, 0.3)), phone(), black(), (96, 96), supersample=1)
    white = torch.ones(1, 3, 64, 64)
    lit, shaded = (
        scene(white, posed(shadow=depth, shadow_angle_deg=angle_deg, **pose))[0, 0, 1] for depth in (0.0, 1.0)
    )
    rows, columns = (lit > 0).nonzero().unbind(1)
    place = torch.stack([columns, -rows]).double()
    low, high = place.amin(1, keepdim=True), place.amax(1, keepdim=True)
    x, y = 2 * (place - low) / (high - low) - 1
    angle = math.radians(angle_deg)
    across, margin = x * math.cos(angle) + y * math.sin(angle), PENUMBRA + 0.03
    assert (shaded[rows, columns][across > margin] < 0.01).all()
    assert torch.equal(shaded[rows, columns][across < -margin], lit[rows, columns][across < -margin])
    assert (across > margin).sum() > 500 and (across < -margin).sum() > 500
