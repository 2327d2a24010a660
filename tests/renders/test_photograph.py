"""An article put into a photo lies on its corners, behind what stands before it, in the photo's light."""

import dataclasses
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor

from renders.conditions import Condition, join, still
from renders.errors import InputError
from renders.framing import Framing
from renders.relight import Relight
from renders.sensor.optics import bend
from renders.surfaces.photo import Photo, corner_vertices, lit
from renders.surfaces.photograph import Photograph

CORNERS = torch.tensor([[22.3, 15.2], [71.8, 20.7], [66.1, 77.4], [18.6, 70.9]])
SIZE = (96, 100)


def seeing(k: int = 1, **fields: float) -> Condition:
    values = {name: torch.full((k,), value).to(getattr(still(1), name)) for name, value in fields.items()}
    return dataclasses.replace(still(k), **values)


def photo(grey: float = 0.0, **fields: object) -> Photo:
    return Photo(**{"srgb": torch.full((3, *SIZE), grey), "corners_px": CORNERS, **fields})  # type: ignore[arg-type]


def white(side: int = 64) -> Tensor:
    return torch.ones(1, 3, side, side)


# Place


def test_the_corners_project_to_where_they_were_given() -> None:
    for focal_px in (None, 40.0, 900.0):
        placed = photo(focal_px=focal_px)
        x, y, z = corner_vertices(CORNERS, placed.camera).unbind(-1)
        camera = placed.camera
        seen = torch.stack(
            [camera.width_px / 2 - camera.focal_px * x / z, camera.height_px / 2 - camera.focal_px * y / z],
            -1,
        )
        torch.testing.assert_close(seen, CORNERS, rtol=0, atol=1e-4)
        assert (z > 0).all()


def test_the_article_covers_its_quadrilateral_to_a_hundredth_of_a_pixel() -> None:
    """Area and centroid of the coverage are those of the polygon (shoelace formula)."""
    seen = Photograph((photo(),), SIZE, supersample=4)(white(), still(1))[0, 0, 0].double()
    cover = torch.where(seen <= 0.04045, seen / 12.92, ((seen + 0.055) / 1.055) ** 2.4)
    x, y = CORNERS.double().unbind(-1)
    cross = x * y.roll(-1) - x.roll(-1) * y
    area = cross.sum() / 2
    centre = torch.stack([((x + x.roll(-1)) * cross).sum(), ((y + y.roll(-1)) * cross).sum()]) / (6 * area)
    place = torch.meshgrid(*(torch.arange(n) + 0.5 for n in reversed(SIZE)), indexing="xy")
    found = torch.stack([(p * cover).sum() / cover.sum() for p in place])
    assert float(cover.sum() / area) == pytest.approx(1, abs=2e-3)
    torch.testing.assert_close(found, centre, rtol=0, atol=0.02)


def test_inside_it_is_opencvs_perspective_warp() -> None:
    """Of a soft texture, on which no filter matters."""
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand(1, 3, 5, 5, generator=generator)
    texture = torch.nn.functional.interpolate(coarse, size=(64, 64), mode="bicubic").clamp(0, 1)
    seen = Photograph((photo(),), SIZE)(texture, still(1))[0, 0].permute(1, 2, 0).numpy()
    # OpenCV puts pixel centres at whole numbers, we at halves.
    square = np.array([[0, 0], [64, 0], [64, 64], [0, 64]], np.float32) - 0.5
    to_photo = cv2.getPerspectiveTransform(square, CORNERS.numpy().astype(np.float32) - 0.5)
    source = texture[0].permute(1, 2, 0).contiguous().numpy()
    theirs = cv2.warpPerspective(source, to_photo, SIZE[::-1], flags=cv2.INTER_LINEAR)
    inside = cv2.warpPerspective(np.ones((64, 64), np.float32), to_photo, SIZE[::-1])
    inside = cv2.erode(inside, np.ones((7, 7)))[..., None] > 0.999
    assert inside.sum() > 1000
    assert np.abs(seen - theirs)[np.broadcast_to(inside, seen.shape)].max() < 0.02


def test_outside_the_article_the_photo_is_untouched() -> None:
    srgb = torch.rand(3, *SIZE, generator=torch.Generator().manual_seed(0))
    seen = Photograph((photo(srgb=srgb),), SIZE)(white(), still(1))[0, 0]
    torch.testing.assert_close(seen[:, :14], srgb[:, :14], rtol=0, atol=1e-5)
    torch.testing.assert_close(seen[:, :, 73:], srgb[:, :, 73:], rtol=0, atol=1e-5)


def test_a_crop_shows_the_same_article_as_the_whole_photo() -> None:
    placed = photo(grey=0.3)
    whole = Photograph((placed,), SIZE)(white(), still(1))[0, 0, 0]
    box = float((CORNERS.amax(0) - CORNERS.amin(0)).amax())
    crop = Photograph((placed,), (64, 64), Framing.CROP)(white(), seeing(zoom=64 / box))[0, 0, 0]
    middle = (CORNERS.amax(0) + CORNERS.amin(0)) / 2
    left, top = (middle - 32).tolist()
    shift = np.array([[1, 0, -left], [0, 1, -top]])
    expected = torch.from_numpy(
        cv2.warpAffine(whole.numpy(), shift, (64, 64), borderMode=cv2.BORDER_REPLICATE)
    )
    # Edges fall between pixels in one of the two: they differ there, not beside.
    assert (crop - expected).abs().mean() < 0.02


def test_a_bent_photo_bends_the_article_and_keeps_its_corners() -> None:
    corners = torch.tensor([[10.0, 8.0], [88.0, 12.0], [84.0, 86.0], [12.0, 84.0]])
    for k1 in (-0.1, 0.2):
        placed = photo(corners_px=corners, distortion=k1)
        seen = Photograph((placed,), SIZE, supersample=4)(white(), still(1))[0, 0, 0]
        ideal = Photograph((photo(corners_px=placed.ideal_corners_px),), SIZE, supersample=4)
        linear = ideal(white(), still(1))[0, 0, 0]
        assert (seen - bend(linear.expand(1, 1, 3, -1, -1), torch.tensor([k1]))[0, 0, 0]).abs().mean() < 0.01
        middle = torch.tensor([SIZE[1] / 2, SIZE[0] / 2])
        place = (placed.ideal_corners_px - middle) / middle.norm()
        bent = place * (1 + k1 * place.square().sum(-1, keepdim=True)) * middle.norm() + middle
        torch.testing.assert_close(bent, corners, rtol=0, atol=1e-3)


def test_a_bent_photo_bends_as_much_through_a_longer_lens() -> None:
    corners = torch.tensor([[34.0, 30.0], [66.0, 33.0], [64.0, 68.0], [36.0, 64.0]])
    placed = photo(corners_px=corners, distortion=-0.1)
    scene = Photograph((placed,), (192, 200), supersample=4)
    seen = scene(white(), seeing(focal=1.25))[0, 0, 0] > 0.5
    found = torch.tensor([edge for along in (0, 1) for edge in ends(seen.any(along))])
    middle = torch.tensor([SIZE[1] / 2, SIZE[0] / 2])
    expected = ((corners - middle) * 1.25 + middle) * 2
    x, y = expected.unbind(-1)
    assert torch.allclose(found, torch.stack([x.min(), x.max(), y.min(), y.max()]), atol=1.5)


def ends(line: Tensor) -> tuple[float, float]:
    """Where a run of true pixels begins and ends."""
    inside = line.nonzero()
    return float(inside.min()), float(inside.max()) + 1


# What stands before it, and its light


def test_what_stands_before_the_article_hides_it() -> None:
    srgb = torch.rand(3, *SIZE, generator=torch.Generator().manual_seed(0))
    mask = torch.zeros(1, *SIZE)
    mask[:, :, 40:50] = 1
    seen = Photograph((photo(srgb=srgb, occlusion=mask),), SIZE)(white(), still(1))[0, 0]
    torch.testing.assert_close(seen[:, :, 40:50], srgb[:, :, 40:50], rtol=0, atol=1e-5)
    assert (seen[:, 45, 30:40] > 0.99).all() and (seen[:, 45, 50:60] > 0.99).all()


def test_the_article_is_lit_as_the_photo_was() -> None:
    light = Relight((0.5, 0.4, 0.3), (0.02, 0.0, 0.0), 0.0)
    seen = Photograph((photo(relight=light),), SIZE)(white(), still(1))[0, 0, :, 45, 45]
    linear = ((seen + 0.055) / 1.055) ** 2.4
    torch.testing.assert_close(linear, torch.tensor([0.52, 0.4, 0.3]), rtol=1e-3, atol=0)


def test_light_is_estimated_from_the_article_in_the_photo() -> None:
    generator = torch.Generator().manual_seed(3)
    face = (torch.rand(1, 3, 8, 8, generator=generator) > 0.5).float()
    face = 0.05 + 0.85 * face.repeat_interleave(16, 2).repeat_interleave(16, 3)
    corners = CORNERS * 4
    light = Relight((0.6, 0.5, 0.35), (0.012, 0.01, 0.007), 1.0)
    blank = Photo(torch.full((3, 4 * SIZE[0], 4 * SIZE[1]), 0.4), corners, relight=light)
    taken = Photograph((blank,), (4 * SIZE[0], 4 * SIZE[1]))(face, still(1))[0, 0]
    found = lit(Photo(taken, corners), face).relight
    assert found.gain == pytest.approx(light.gain, rel=0.05)
    assert found.haze == pytest.approx(light.haze, abs=0.005)
    assert found.blur_px == pytest.approx(light.blur_px, abs=0.25)


def test_the_sun_reaches_an_article_turned_towards_it() -> None:
    """The tilt of the article follows from its corners and the focal length."""
    left_near = torch.tensor([[30.0, 20.0], [60.0, 30.0], [60.0, 66.0], [30.0, 76.0]])  # faces to the right
    scene = Photograph((photo(corners_px=left_near, focal_px=100.0),), SIZE)
    sun = {"sky": 0.1, "sun": 0.5, "sun_elevation_deg": 0.0}
    right, left = (
        float(scene(white(), seeing(**sun, sun_azimuth_deg=angle))[0, 0, 0, 48, 45])
        for angle in (60.0, -60.0)
    )
    assert right > left + 0.1


# Views


def test_a_batch_of_photos_and_views_equals_them_one_by_one() -> None:
    generator = torch.Generator().manual_seed(1)
    photos = tuple(photo(srgb=torch.rand(3, *SIZE, generator=generator)) for _ in range(2))
    parts = [
        seeing(background=b, zoom=z, exposure_stops=e)
        for b, z, e in ((1, 1.2, 0.1), (0, 3.0, 0), (3, 1.5, 0))
    ]
    texture = torch.rand(2, 3, 16, 16, generator=generator)
    for framing in Framing:
        scene = Photograph(photos, (48, 48), framing)
        together = scene(texture, join(parts))
        for i, part in enumerate(parts):
            torch.testing.assert_close(together[:, i : i + 1], scene(texture, part), rtol=0, atol=1e-5)


def test_gradcheck_through_photo_light_and_occlusion() -> None:
    corners = torch.tensor([[3.0, 2.0], [13.0, 3.0], [12.0, 13.0], [2.0, 12.0]], dtype=torch.float64)
    mask = torch.zeros(1, 16, 16, dtype=torch.float64)
    mask[:, 5:8] = 0.5
    light = Relight((0.6, 0.5, 0.4), (0.02, 0.02, 0.02), 0.7)
    placed = Photo(torch.full((3, 16, 16), 0.4, dtype=torch.float64), corners, mask, light, -0.05)
    scene = Photograph((placed,), (16, 16))
    texture = (
        torch.rand(1, 3, 6, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 0.8 + 0.1
    )
    condition = seeing(1, exposure_stops=0.2, defocus_px=0.5)
    assert torch.autograd.gradcheck(
        lambda x: scene(x, condition), (texture.requires_grad_(),), atol=1e-6, rtol=1e-3, fast_mode=True
    )


# What is refused


@pytest.mark.parametrize(
    "order",
    [
        pytest.param([0, 3, 2, 1], id="counter-clockwise"),
        pytest.param([0, 2, 1, 3], id="crossed"),
        pytest.param([0, 1, 2, 2], id="twice the same"),
    ],
)
def test_corners_out_of_order_are_refused(order: list[int]) -> None:
    with pytest.raises(InputError, match="convex quadrilateral"):
        photo(corners_px=CORNERS[order])


def test_corners_that_are_not_convex_or_not_finite_are_refused() -> None:
    for corner in ([40.0, 40.0], [float("nan"), 70.0]):
        with pytest.raises(InputError, match="convex"):
            photo(corners_px=torch.cat([CORNERS[:2], torch.tensor([corner]), CORNERS[3:]]))


def test_an_occlusion_mask_of_another_size_is_refused() -> None:
    with pytest.raises(InputError, match="100 x 96"):
        photo(occlusion=torch.zeros(1, 10, 10))


# Real photos

SIGNS = Path(__file__).parents[3] / "shared" / "assets" / "photos" / "stop_signs"


@pytest.mark.skipif(not SIGNS.is_dir(), reason="needs the photos of shared/assets/photos/stop_signs")
def test_a_real_sign_pasted_over_itself_matches_its_photo() -> None:
    """Brightness and cast over the sign differ by less than 6 % of full scale from the photo's own."""
    from renders.photos import read_photo
    from textures.signs.face import face

    known = {
        "stop_11.jpg": [[365.6, 67.8], [719.9, 129.4], [731.7, 474.9], [356.3, 404.8]],
        "stop_25.jpg": [[210.2, 157.4], [345.6, 152.2], [349.7, 296.5], [208.1, 285.2]],
        "stop_58.jpg": [[218.6, 110.8], [335.1, 127.7], [340.7, 259.2], [209.3, 235.1]],
    }
    sign = face("mutcd-r1-1-stop", 128)
    for name, corners in known.items():
        placed = lit(Photo(read_photo(SIGNS / name), torch.tensor(corners)), sign.srgb[None], sign.coverage)
        ours, theirs = (
            Photograph((placed,), (96, 96), Framing.CROP, coverage)(sign.srgb[None], seeing(zoom=1.0))[0, 0]
            for coverage in (sign.coverage, 0 * sign.coverage)
        )
        assert (ours - theirs)[:, 20:76, 20:76].mean((1, 2)).abs().max() < 0.06, name
        assert min(placed.relight.gain) > 0.05, name
        assert max(placed.relight.haze) < 0.05, name
