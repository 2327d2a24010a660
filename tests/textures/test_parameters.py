"""The laws of the textures: in range, in the ball, masked texels never move, controls of the same kind."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from renders.errors import InputError
from textures.controls import blank_article, clean_article, noise_article
from textures.features import Coarse
from textures.norms import L1, L2, Linf, Norm
from textures.parameters import Fourier, Palette, Pixels, Sticker, Tanh, Texture

COLOURS = torch.tensor([[0.1, 0.1, 0.1], [0.9, 0.2, 0.1], [0.95, 0.95, 0.9], [0.2, 0.3, 0.8]])


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def image(t: int = 2, u: int = 6, v: int = 8, seed: int = 0) -> Tensor:
    return torch.rand(t, 3, u, v, generator=seeded(seed))


def half_mask() -> Tensor:
    mask = torch.zeros(1, 6, 8)
    mask[:, 1:5, 2:7] = 1
    mask[:, 0, 0] = 0.25
    return mask


# A texture is a module and a `Texture`; there is no type for "both".
MAKERS: dict[str, Callable[[], Any]] = {
    "pixels": lambda: Pixels(image()),
    "linf": lambda: Pixels(image(), Linf(), 0.1),
    "l2": lambda: Pixels(image(), L2(), 0.7),
    "l1": lambda: Pixels(image(), L1(), 3.0),
    "tanh": lambda: Tanh(image()),
    "fourier": lambda: Fourier((2, 6, 8), seeded()),
    "palette": lambda: Palette(COLOURS, (2, 6, 8), seeded()),
    "sticker": lambda: Sticker(image(), half_mask(), Pixels(image(t=1, seed=1))),
    "coarse": lambda: Coarse(Pixels(image(t=2, u=2, v=3)), (6, 8)),
    "coarse sticker": lambda: Sticker(image(t=2), half_mask(), Coarse(Tanh(image(1, 3, 4)), (6, 8))),
}


@pytest.fixture(params=MAKERS)
def texture(request: pytest.FixtureRequest) -> Any:
    return MAKERS[request.param]()


def push(texture: nn.Module, size: float = 3.0) -> None:
    """A step of an optimiser that knows no bounds."""
    with torch.no_grad():
        for parameter in texture.parameters():
            parameter.add_(size * torch.randn(parameter.shape, generator=seeded(9)))


def test_every_texture_keeps_the_contract(texture: Any) -> None:
    keeps_it: bool = isinstance(texture, Texture)
    assert keeps_it
    push(texture)
    texture.project_()
    shown = texture()
    assert shown.shape == (2, 3, 6, 8)
    assert bool(((shown >= 0) & (shown <= 1)).all())
    before = [p.clone() for p in texture.parameters()]
    texture.project_()
    assert all(torch.equal(a, b) for a, b in zip(before, texture.parameters(), strict=True))


def test_every_parameter_gets_a_gradient(texture: Any) -> None:
    (texture() * image(seed=5)).sum().backward()
    assert all(p.grad is not None and bool(p.grad.abs().sum() > 0) for p in texture.parameters())


def test_a_texture_in_double_precision_stays_in_it(texture: Any) -> None:
    assert texture.double()().dtype == torch.float64
    assert texture.noise(seeded()).dtype == torch.float64


def test_controls_have_the_shape_range_and_repeatability_of_the_texture(texture: Any) -> None:
    noise = noise_article(texture, seeded(4))
    assert torch.equal(noise, noise_article(texture, seeded(4)))
    assert not torch.equal(noise, noise_article(texture, seeded(5)))
    for control in (noise, blank_article(texture), clean_article(texture)):
        if control is not None:
            assert control.shape == (2, 3, 6, 8) and not control.requires_grad
            assert bool(((control >= 0) & (control <= 1)).all())


@pytest.mark.parametrize(("norm", "eps"), [(Linf(), 0.1), (L2(), 0.7), (L1(), 3.0)], ids=repr)
def test_pixels_stay_in_their_ball_and_so_does_their_noise(norm: Norm, eps: float) -> None:
    pixels = Pixels(image(), norm, eps)
    for size in (0.01, 0.3, 30.0):
        push(pixels, size)
        pixels.project_()
        # start + delta rounds once more: half an ulp of 1 per texel, 144 texels.
        assert float(norm.measure(pixels().detach() - image()).max()) <= eps * (1 + 1e-5)
    assert float(norm.measure(noise_article(pixels, seeded()) - image()).max()) <= eps * (1 + 1e-5)
    pixels.scatter_(seeded())
    assert 0 < float(norm.measure(pixels().detach() - image()).max()) <= eps * (1 + 1e-5)


def test_pixels_show_the_parameter_itself() -> None:
    pixels = Pixels(image())
    assert pixels() is pixels.texels
    assert torch.equal(pixels(), image())


def test_tanh_starts_within_half_a_grey_level_even_at_black_and_white() -> None:
    start = torch.cat([image(), torch.zeros(1, 3, 6, 8), torch.ones(1, 3, 6, 8)])
    tanh = Tanh(start)
    assert float((tanh() - start).detach().abs().max()) <= 0.5 / 255
    tanh().sum().backward()
    assert tanh.w.grad is not None and float(tanh.w.grad.min()) > 1e-4


@pytest.mark.parametrize("size", [(6, 8), (5, 7)])
def test_fourier_of_an_image_shows_that_image(size: tuple[int, int]) -> None:
    start = image(2, *size) * 0.98 + 0.01
    torch.testing.assert_close(Fourier.of(start)(), start, rtol=0, atol=2e-6)
    exact = start.double()
    torch.testing.assert_close(Fourier.of(exact)(), exact, rtol=0, atol=1e-7)


def test_fourier_starts_near_grey_and_its_noise_has_full_contrast() -> None:
    fourier = Fourier((1, 32, 32), seeded())
    assert float((fourier().detach() - 0.5).abs().max()) < 0.1
    noise = fourier.noise(seeded())
    assert float(noise.min()) < 0.1 and float(noise.max()) > 0.9


def test_fourier_noise_falls_off_with_frequency() -> None:
    power = torch.fft.rfft2(Fourier((4, 32, 32), seeded()).noise(seeded(1)) - 0.5).abs().square().mean((0, 1))
    assert float(power[1:3, 1:3].mean()) > 20 * float(power[12:16, 12:16].mean())


def test_palette_shows_nothing_but_its_colours_and_learns_like_the_mixture() -> None:
    palette = Palette(COLOURS, (2, 6, 8), seeded(), temperature=0.5)
    for shown in (palette(), palette.noise(seeded(3))):
        texels = shown.permute(0, 2, 3, 1).reshape(-1, 1, 3)
        assert bool((texels == COLOURS).all(-1).any(-1).all())
    weights = image(seed=4)
    (hard,) = torch.autograd.grad((palette() * weights).sum(), palette.logits)
    (soft,) = torch.autograd.grad((palette.soft() * weights).sum(), palette.logits)
    torch.testing.assert_close(hard, soft)


def test_palette_of_an_image_takes_the_nearest_colour() -> None:
    start = image(1)
    distance = (start.permute(0, 2, 3, 1)[..., None, :] - COLOURS).square().sum(-1)
    expected = COLOURS[distance.argmin(-1)].permute(0, 3, 1, 2)
    assert torch.equal(Palette.of(start, COLOURS)(), expected)


def test_masked_texels_have_the_bits_of_the_face_and_full_ones_those_of_the_paint() -> None:
    face, mask, paint = image(3), half_mask(), Pixels(image(t=1, seed=1))
    sticker = Sticker(face, mask, paint)
    push(sticker)
    sticker.project_()
    for shown in (sticker(), noise_article(sticker, seeded()), blank_article(sticker)):
        assert torch.equal(shown[..., mask[0] == 0], face[..., mask[0] == 0])
    full = mask[0] == 1
    assert torch.equal(sticker()[..., full], paint()[..., full].expand(3, -1, -1))
    assert bool((blank_article(sticker)[..., full] == 0.5).all())
    clean = clean_article(sticker)
    assert clean is not None and torch.equal(clean, face)


def test_one_sticker_on_many_faces_sums_their_gradients() -> None:
    faces, weights = image(3), image(3, seed=2)
    shared = Sticker(faces, half_mask(), Pixels(image(t=1, seed=1)))
    (shared() * weights).sum().backward()
    expected = (half_mask() * weights).sum(0, keepdim=True)
    assert isinstance(shared.paint, Pixels)
    torch.testing.assert_close(shared.paint.texels.grad, expected)


def test_several_stickers_on_one_face() -> None:
    assert Sticker(image(1), half_mask(), Pixels(image(4)))().shape == (4, 3, 6, 8)


@pytest.mark.parametrize("name", [n for n in MAKERS if n not in ("palette",)])
def test_gradients_are_exact_in_double_precision(name: str) -> None:
    texture = MAKERS[name]().double()
    names = [n for n, _ in texture.named_parameters()]

    def shown(*values: Tensor) -> Tensor:
        # Fewer outputs keep the check quick: a fixed random mixture of texels.
        found = torch.func.functional_call(texture, dict(zip(names, values, strict=True)))
        return torch.stack([(found * image(seed=s)).sum() for s in range(3)])

    values = tuple(p.detach().clone().requires_grad_() for p in texture.parameters())
    assert torch.autograd.gradcheck(shown, values)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Pixels(image()[0]),
        lambda: Pixels(image() * 255),
        lambda: Pixels(image() * torch.nan),
        lambda: Pixels((image() * 255).to(torch.uint8)),
        lambda: Pixels(image(), Linf()),
        lambda: Pixels(image(), Linf(), -0.1),
        lambda: Tanh(image() - 1),
        lambda: Palette(COLOURS[:1], (1, 2, 2), seeded()),
        lambda: Palette(COLOURS * 255, (1, 2, 2), seeded()),
        lambda: Palette(COLOURS, (1, 2, 2), seeded(), temperature=0.0),
        lambda: Sticker(image(), torch.zeros(1, 6, 8), Pixels(image())),
        lambda: Sticker(image(), 2 * half_mask(), Pixels(image())),
        lambda: Sticker(image(3), half_mask(), Pixels(image(2))),
        lambda: Sticker(image(), half_mask(), Pixels(image(2, 3, 4))),
    ],
)
def test_wrong_input_is_refused_in_one_line(wrong: Callable[[], nn.Module]) -> None:
    # Shapes and dtypes are refused by jaxtyping first while tests run; users meet the InputError.
    with pytest.raises(Exception) as caught:
        wrong()
    name = type(caught.value).__name__
    assert isinstance(caught.value, InputError) or name == "TypeCheckError"
    if isinstance(caught.value, InputError):
        assert "\n" not in str(caught.value)
