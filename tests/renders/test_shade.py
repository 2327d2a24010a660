import math

import cv2
import numpy as np
import pytest
import torch

from renders.averaged import Covered, averaged
from renders.fragments import Hits
from renders.lights import PENUMBRA, highlight, irradiance, sun_direction, sunlit
from renders.lookup import Filter, Pyramid
from renders.scene import composite
from renders.shade import box_downsample, layered, painted, shade
from renders.surfaces.flat import Flat
from tests.renders.scenes import hits_of, noise, posed, rendered, square_camera

GLOSS = 32.0  # the off value of the condition

SIDE = 32


def seen(
    k: int = 1, dtype: torch.dtype = torch.float64, **fields: float | torch.Tensor
) -> tuple[Hits, object]:
    """Hits of a 1 m square that fills most of the view, and their condition."""
    condition = posed(k, dtype=dtype, **{"distance_m": 2.0, **fields})
    return hits_of(Flat(1.0, 1.0), condition, square_camera(SIDE, 50.0, k, dtype), (SIDE, SIDE)), condition


def lit(pyramid: Pyramid, hits: Hits, condition: object, k: int) -> torch.Tensor:
    """The article as a layer of k views."""
    return layered(shade(pyramid, hits, condition), hits, (SIDE, SIDE), k)


def test_with_everything_off_the_light_is_exactly_one() -> None:
    hits, condition = seen(3, yaw_deg=torch.tensor([0.0, 40.0, -70.0]))
    assert bool((irradiance(hits, condition) == 1).all())
    assert bool((sunlit(hits, condition) == 1).all())
    assert bool((highlight(hits, condition) == 0).all())


def test_with_everything_off_the_layer_is_exactly_the_looked_up_texture() -> None:
    hits, condition = seen(yaw_deg=30.0, dtype=torch.float32)
    pyramid = Pyramid.of(noise(2, 3, 16, 16))
    layer = lit(pyramid, hits, condition, 1)
    found = pyramid.sample(hits.uv, hits.footprint)
    assert torch.equal(layer[:, 0, :3].flatten(2)[..., hits.pixel], found)
    assert torch.equal(layer[:, 0, 3].flatten(1)[:, hits.pixel], torch.ones(2, len(hits.pixel)))
    unseen = torch.ones(SIDE * SIDE, dtype=torch.bool)
    unseen[hits.pixel] = False
    assert bool((layer[:, 0].flatten(2)[..., unseen] == 0).all())


@pytest.mark.parametrize("yaw", [-60.0, 0.0, 35.0])
@pytest.mark.parametrize("azimuth", [-40.0, 20.0, 80.0])
def test_the_sun_follows_lamberts_cosine(yaw: float, azimuth: float) -> None:
    hits, condition = seen(yaw_deg=yaw, sky=0.25, sun=0.8, sun_azimuth_deg=azimuth, sun_elevation_deg=0.0)
    # At elevation 0 the angle between sun and face is azimuth minus yaw, both to the viewer's right.
    expected = 0.25 + 0.8 * max(0.0, math.cos(math.radians(azimuth - yaw)))
    light = irradiance(hits, condition)
    assert torch.allclose(light, torch.full_like(light, expected), atol=1e-6)


def test_elevation_and_pitch_turn_the_same_way() -> None:
    hits, condition = seen(pitch_deg=30.0, sky=0.0, sun=1.0, sun_elevation_deg=30.0)
    assert torch.allclose(irradiance(hits, condition), torch.ones(1).double(), atol=1e-6)
    assert sun_direction(posed(sun_elevation_deg=90.0))[0, 1] == pytest.approx(1.0)


def test_a_sun_behind_the_article_gives_nothing() -> None:
    hits, condition = seen(sky=0.0, sun=5.0, sun_azimuth_deg=180.0, sun_elevation_deg=10.0, sheen=3.0)
    assert bool((irradiance(hits, condition) == 0).all())
    assert bool((highlight(hits, condition) == 0).all())


def test_the_edge_of_a_shadow_is_where_it_is_said_to_be() -> None:
    hits, condition = seen(shadow=0.6, shadow_angle_deg=0.0, shadow_offset=0.25)
    place = 2 * hits.uv[:, 0] - 1
    light = irradiance(hits, condition)
    assert torch.allclose(light[place > 0.25 + PENUMBRA], torch.tensor(0.4).double())
    assert bool((light[place < 0.25 - PENUMBRA] == 1).all())
    soft = (place - 0.25).abs() < PENUMBRA
    assert bool(((light[soft] > 0.4) & (light[soft] < 1)).all())


def test_a_shadow_turns_with_its_angle() -> None:
    hits, condition = seen(shadow=1.0, shadow_angle_deg=90.0)
    light, high = irradiance(hits, condition), 2 * hits.uv[:, 1] - 1
    assert bool((light[high > PENUMBRA] == 0).all()) and bool((light[high < -PENUMBRA] == 1).all())


def test_the_highlight_is_blinns_at_the_mirror_angle_and_falls_off_it() -> None:
    fields = {"sun": 0.7, "sheen": 2.0, "sun_elevation_deg": 0.0, "distance_m": 1000.0}
    camera = square_camera(SIDE, 20_000.0, dtype=torch.float64)
    peak = []
    for yaw in (0.0, 20.0, 40.0):
        condition = posed(dtype=torch.float64, yaw_deg=yaw, sun_azimuth_deg=40.0, **fields)
        hits = hits_of(Flat(1.0, 1.0), condition, camera, (SIDE, SIDE))
        peak.append(float(highlight(hits, condition).mean()))
    # Half way between sun and camera is 20 degrees; there n.h = 1.
    assert peak[1] == pytest.approx(2.0 * 0.7 * math.cos(math.radians(20)), rel=1e-3)
    falling = 2.0 * 0.7 * math.cos(math.radians(40)) * math.cos(math.radians(20)) ** GLOSS
    assert peak[0] == pytest.approx(falling, rel=1e-2)
    assert peak[2] == pytest.approx(2.0 * 0.7 * math.cos(math.radians(20)) ** GLOSS, rel=1e-2)


def test_the_shadow_takes_its_share_of_the_highlight() -> None:
    hits, lit = seen(sun=1.0, sheen=1.0, sun_elevation_deg=0.0)
    _, dark = seen(sun=1.0, sheen=1.0, sun_elevation_deg=0.0, shadow=0.5, shadow_offset=-2.0)
    assert torch.allclose(highlight(hits, dark), 0.5 * highlight(hits, lit))


def test_gradient_through_light_to_the_texture() -> None:
    hits, condition = seen(
        yaw_deg=30.0, sun=0.5, sheen=0.3, shadow=0.5, shadow_angle_deg=30.0, sun_elevation_deg=10.0
    )
    texture = noise(2, 4, 2, 2, dtype=torch.float64).requires_grad_()
    pull = noise(2, 1, 4, SIDE, SIDE, dtype=torch.float64)
    assert torch.autograd.gradcheck(
        lambda image: (pull * lit(Pyramid.of(image), hits, condition, 1)).sum((1, 3, 4)),
        texture,
    )


def test_painting_the_hits_is_compositing_their_layer_to_the_last_bit() -> None:
    hits, condition = seen(3, yaw_deg=torch.tensor([0.0, 40.0, -60.0]), sun=0.3, dtype=torch.float32)
    textures, behind = noise(2, 4, 16, 16).requires_grad_(), noise(3, 3, SIDE, SIDE, seed=3)
    pull = noise(2, 3, 3, SIDE, SIDE, seed=4)
    colours = shade(Pyramid.of(textures), hits, condition)
    composited = composite(layered(colours, hits, (SIDE, SIDE), 3), behind)
    assert torch.equal(painted(colours, hits, behind), composited)
    slopes = [
        torch.autograd.grad((pull * picture).sum(), textures, retain_graph=True)[0]
        for picture in (painted(colours, hits, behind), composited)
    ]
    assert torch.allclose(*slopes, atol=1e-6) and float(slopes[0].abs().max()) > 0


@pytest.mark.parametrize("factor", [1, 2, 4])
def test_averaging_the_hits_is_downsampling_their_layer_to_the_last_bit(factor: int) -> None:
    hits, condition = seen(3, yaw_deg=torch.tensor([0.0, 40.0, -60.0]), sun=0.3, dtype=torch.float32)
    textures, side = noise(2, 4, 16, 16).requires_grad_(), SIDE // factor
    pull = noise(2, 3, 4, side, side, seed=4)
    colours = shade(Pyramid.of(textures), hits, condition)
    reference = box_downsample(layered(colours, hits, (SIDE, SIDE), 3), factor)
    mean = layered(*averaged(colours, hits, (SIDE, SIDE), factor), (side, side), 3)
    assert torch.equal(mean, reference) and bool((mean[:, :, 3] == 0).any())
    slopes = [
        torch.autograd.grad((pull * picture).sum(), textures, retain_graph=True)[0]
        for picture in (mean, reference)
    ]
    assert torch.equal(*slopes) and float(slopes[0].abs().max()) > 0


def test_nothing_seen_is_averaged_to_nothing() -> None:
    none = torch.empty(0, dtype=torch.int64)
    rgba, spots = averaged(torch.zeros(1, 4, 0), Covered(none, none), (SIDE, SIDE), 2)
    assert rgba.shape == (1, 4, 0) and not len(spots.pixel)
    behind = noise(2, 3, SIDE // 2, SIDE // 2)
    assert torch.equal(painted(rgba, spots, behind)[0], behind)


def test_textures_and_views_do_not_mix() -> None:
    hits, condition = seen(3, yaw_deg=torch.tensor([0.0, 40.0, -60.0]), sun=1.0, dtype=torch.float32)
    textures = noise(2, 4, 16, 16)
    together = lit(Pyramid.of(textures), hits, condition, 3)
    for view in range(3):
        alone, one = seen(yaw_deg=condition.yaw_deg[view], sun=1.0, dtype=torch.float32)
        for t in range(2):
            single = lit(Pyramid.of(textures[t : t + 1]), alone, one, 1)
            assert torch.allclose(together[t, view], single[0, 0], atol=1e-6)


def test_downsampling_takes_the_mean_of_blocks() -> None:
    image = noise(2, 1, 4, 12, 6)
    expected = torch.nn.functional.avg_pool2d(image.flatten(0, 1), 3).unflatten(0, (2, 1))
    assert torch.allclose(box_downsample(image, 3), expected)
    assert box_downsample(image, 1) is image


def test_a_flat_sign_is_opencvs_homography_where_nothing_is_filtered() -> None:
    texels, side = 24, 160
    texture = noise(1, 3, texels, texels)
    condition = posed(distance_m=1.6, yaw_deg=35.0, pitch_deg=-12.0, roll_deg=17.0)
    camera = square_camera(side, 170.0)
    ours = rendered(texture, condition, camera, side)[0, 0, :3]
    assert torch.equal(ours, rendered(texture, condition, camera, side, how=Filter.BILINEAR)[0, 0, :3])

    corners = Flat(1.0, 1.0).vertices(condition)[0]
    x = side / 2 - 170.0 * corners[:, 0] / corners[:, 2]
    y = side / 2 - 170.0 * corners[:, 1] / corners[:, 2]
    square = np.float32([[0, 0], [texels, 0], [texels, texels], [0, texels]])
    # OpenCV counts from pixel centres.
    to_image = cv2.getPerspectiveTransform(square - 0.5, np.stack([x, y], -1).astype(np.float32) - 0.5)
    to_texture = np.linalg.inv(to_image)
    columns, rows = np.meshgrid(np.arange(side), np.arange(side))
    u, v, w = np.einsum("ij,jrc->irc", to_texture, np.stack([columns, rows, np.ones_like(rows)]))
    inside = (u / w > 0) & (v / w > 0) & (u / w < texels - 1) & (v / w < texels - 1)
    picture = texture[0].permute(1, 2, 0).numpy()
    theirs = cv2.warpPerspective(picture, to_image, (side, side), flags=cv2.INTER_LINEAR)
    assert inside.sum() > 5000
    assert np.abs(ours.permute(1, 2, 0).numpy() - theirs)[inside].max() < 1e-3
