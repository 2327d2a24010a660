import dataclasses

import pytest
import torch

from renders.backgrounds import Backgrounds
from renders.colour import linear_to_srgb
from renders.conditions import Condition, Conditions
from renders.errors import InputError
from renders.framing import Framing
from renders.scene import Scene, composite, pyramid_of
from renders.surfaces.flat import Flat
from renders.surfaces.screen import Screen
from tests.renders.scenes import black, noise, phone, posed

WIDE = Conditions(
    {
        "distance_m": (3, 30),
        "yaw_deg": (-45, 45),
        "pitch_deg": (-15, 15),
        "roll_deg": (-10, 10),
        "zoom": (1.1, 1.6),
        "aim_x": (-1, 1),
        "sun": (0, 0.6),
        "sheen": (0, 0.3),
        "shadow": (0, 0.5),
        "background": (0, 2),
        "exposure_stops": (-0.5, 0.5),
        "warmth": (-0.3, 0.3),
        "vignetting": (0, 0.3),
        "distortion": (-0.05, 0.05),
        "defocus_px": (0, 1),
        "motion_px": (0, 3),
        "shot_noise": (0, 0.02),
        "read_noise": (0, 0.02),
        "mosaic": (0, 1),
        "contrast": (0, 0.5),
        "jpeg_quality": (40, 95),
    }
)


def scene(framing: Framing = Framing.CROP, **fields: object) -> Scene:
    backgrounds = Backgrounds(noise(3, 3, 40, 40, seed=9))
    return Scene(**{
        "surface": Flat(0.75, 0.75),
        "camera": phone(),
        "backgrounds": backgrounds,
        "output_px": (32, 32),
        "framing": framing,
        **fields,
    })  # fmt: skip


def drawn(k: int, seed: int = 3) -> Condition:
    return WIDE.sample(torch.Generator().manual_seed(seed), k)


@pytest.mark.parametrize("framing", list(Framing))
def test_photographs_have_the_models_size_and_lie_in_range(framing: Framing) -> None:
    photos = scene(framing, output_px=(24, 32))(noise(2, 3, 64, 64), drawn(5))
    assert photos.shape == (2, 5, 3, 24, 32)
    assert float(photos.min()) >= 0 and float(photos.max()) <= 1


@pytest.mark.parametrize("framing", list(Framing))
def test_textures_that_share_views_equal_single_textures(framing: Framing) -> None:
    textures, condition = noise(3, 3, 48, 48), drawn(4)
    together = scene(framing)(textures, condition)
    for t in range(3):
        assert torch.allclose(together[t : t + 1], scene(framing)(textures[t : t + 1], condition), atol=1e-5)


@pytest.mark.parametrize("framing", list(Framing))
def test_a_batch_equals_its_single_views(framing: Framing) -> None:
    texture, condition = noise(1, 3, 48, 48), drawn(4)
    together = scene(framing)(texture, condition)
    for view in range(4):
        alone = scene(framing)(texture, condition[view : view + 1])
        assert torch.allclose(together[:, view : view + 1], alone, atol=1e-5)


def test_the_same_seed_gives_the_same_bytes() -> None:
    texture = noise(1, 3, 48, 48)
    assert torch.equal(scene()(texture, drawn(6)), scene()(texture, drawn(6)))
    assert not torch.equal(scene()(texture, drawn(6)), scene()(texture, drawn(6, seed=4)))


def test_a_texture_that_covers_nothing_leaves_the_background() -> None:
    condition = drawn(6)
    nothing = scene()(torch.cat([noise(1, 3, 48, 48), torch.zeros(1, 1, 48, 48)], 1), condition)
    away = dataclasses.replace(condition, sheen=torch.zeros(6), shadow=torch.zeros(6), sun=torch.zeros(6))
    other = scene()(torch.zeros(1, 4, 8, 8), away)
    assert torch.equal(nothing, other)
    article = scene()(noise(1, 3, 48, 48), condition)
    assert float((article - nothing).abs().mean()) > 0.05


def test_with_everything_off_the_background_is_shown_as_it_is() -> None:
    picture = noise(1, 3, 32, 32)
    behind = scene(backgrounds=Backgrounds(picture))(torch.zeros(1, 4, 8, 8), posed())
    assert torch.allclose(behind[0], linear_to_srgb(picture), atol=1e-5)


def test_with_everything_off_a_face_on_article_is_shown_as_it_is() -> None:
    texture = noise(1, 3, 32, 32)
    # A crop of exactly the article, at as many pixels as it has texels.
    photo = scene(backgrounds=black())(texture, posed(distance_m=5.0, zoom=1.0))
    assert torch.allclose(photo[0], texture, atol=2e-3)


def test_coverage_cuts_the_article_out() -> None:
    half = torch.ones(1, 32, 32)
    half[..., 16:] = 0
    photo = scene(surface=Flat(0.75, 0.75, half), backgrounds=black())(
        torch.ones(1, 3, 32, 32), posed(distance_m=5.0, zoom=1.0)
    )
    assert torch.allclose(photo[..., :15], torch.ones(1), atol=1e-4)
    assert torch.allclose(photo[..., 17:], torch.zeros(1), atol=1e-4)


def test_supersampling_smooths_the_outline_and_keeps_the_light() -> None:
    condition = posed(distance_m=20.0, roll_deg=10.0, zoom=2.0)
    plain, fine = (
        scene(backgrounds=black(), supersample=s)(torch.ones(1, 3, 8, 8), condition) for s in (1, 4)
    )
    between = ((fine > 0.02) & (fine < 0.98)).float().mean()
    assert float(between) > 0.03
    assert float((plain - fine).abs().mean()) < 0.05


def test_the_photographs_have_gradient_to_every_texel_in_sight() -> None:
    texture = noise(1, 3, 32, 32).requires_grad_()
    scene()(texture, drawn(4)).sum().backward()
    assert bool(texture.grad.isfinite().all())
    assert float((texture.grad != 0).float().mean()) > 0.95


def test_a_premultiplied_layer_goes_over_what_is_behind() -> None:
    rgba = torch.tensor([0.1, 0.2, 0.3, 0.5]).reshape(1, 1, 4, 1, 1)
    behind = torch.tensor([1.0, 0.0, 0.4]).reshape(1, 3, 1, 1)
    assert torch.allclose(composite(rgba, behind).flatten(), torch.tensor([0.6, 0.2, 0.5]))


def test_colours_are_filtered_in_linear_light_and_by_their_coverage() -> None:
    texture = torch.tensor([1.0, 0.0]).expand(1, 3, 1, 2)
    pyramid = pyramid_of(texture, torch.tensor([[[1.0, 0.0]]]))
    uv, whole = torch.tensor([[0.5, 0.5]]), torch.eye(2)[None] * 10
    # What is not covered has no say in the colour: white stays white, half of it there.
    assert torch.allclose(pyramid.sample(uv, whole).flatten(), torch.full((4,), 0.5))


def test_the_screen_is_exactly_the_texture() -> None:
    texture = noise(2, 3, 5, 7).requires_grad_()
    photos = Screen()(texture, drawn(3))
    assert photos.shape == (2, 3, 3, 5, 7)
    assert all(torch.equal(photos[:, view], texture) for view in range(3))
    photos.sum().backward()
    assert torch.equal(texture.grad, torch.full_like(texture, 3.0))


def test_an_article_must_have_a_size() -> None:
    with pytest.raises(InputError, match="above 0 m"):
        Flat(0.75, 0.0)


def test_a_grey_texture_is_photographed_as_its_three_equal_channels() -> None:
    grey, condition = noise(1, 1, 16, 16), drawn(2)
    assert torch.equal(scene()(grey, condition), scene()(grey.expand(-1, 3, -1, -1), condition))


@pytest.mark.parametrize("framing", list(Framing))
def test_no_views_are_no_photographs(framing: Framing) -> None:
    assert scene(framing)(noise(2, 3, 16, 16), drawn(3)[:0]).shape == (2, 0, 3, 32, 32)
