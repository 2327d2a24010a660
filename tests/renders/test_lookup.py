import pytest
import torch
from torch import Tensor

from renders.conditions import Condition
from renders.lookup import Filter, Pyramid
from tests.renders.scenes import natural, noise, posed, psnr, rendered, square_camera

REFERENCE = 16  # samples per pixel along each axis
FILTERS = (Filter.TRILINEAR, Filter.ANISOTROPIC)


def footprints(p: int, texels: float, side: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """Square footprints of so many texels of a texture of this side."""
    return (torch.eye(2, dtype=dtype) * (texels / side)).expand(p, 2, 2)


def reference(texture: Tensor, condition: Condition, side_px: int) -> Tensor:
    """What the pixels see to the eye of 16 x 16 unfiltered samples each."""
    camera = square_camera(side_px, 2.0 * side_px, len(condition))
    return rendered(texture, condition, camera, side_px, REFERENCE, Filter.BILINEAR)


def ours(texture: Tensor, condition: Condition, side_px: int, supersample: int = 1) -> Tensor:
    camera = square_camera(side_px, 2.0 * side_px, len(condition))
    return rendered(texture, condition, camera, side_px, supersample)


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (16, 16), (13, 31), (40, 24)])
def test_a_constant_texture_stays_constant(size: tuple[int, int]) -> None:
    pyramid = Pyramid.of(torch.full((1, 3, *size), 0.3))
    uv = noise(200, 2)
    for how in Filter:
        for texels in (0.1, 1.0, 5.0, 100.0):
            found = pyramid.sample(uv, footprints(200, texels, max(size)), how)
            assert torch.allclose(found, torch.full_like(found, 0.3))


@pytest.mark.parametrize("size", [(16, 16), (13, 31), (5, 1), (48, 20)])
def test_every_level_keeps_the_mean(size: tuple[int, int]) -> None:
    image = noise(1, 2, *size, dtype=torch.float64)
    pyramid = Pyramid.of(image)
    assert pyramid.sizes[-1] == (1, 1)
    top = pyramid.sample(
        torch.full((1, 2), 0.5, dtype=torch.float64), footprints(1, 1000.0, max(size), torch.float64)
    )
    assert torch.allclose(top[..., 0], image.mean((2, 3)))


def test_at_texel_centres_and_full_size_the_texels_come_back() -> None:
    image = noise(2, 3, 6, 9)
    rows, columns = torch.meshgrid(torch.arange(6), torch.arange(9), indexing="ij")
    uv = torch.stack([(columns + 0.5) / 9, 1 - (rows + 0.5) / 6], -1).reshape(-1, 2)
    found = Pyramid.of(image).sample(uv, footprints(54, 0.5, 9))
    assert torch.allclose(found.reshape(2, 3, 6, 9), image, atol=1e-5)


def test_beyond_the_border_lies_the_border() -> None:
    pyramid = Pyramid.of(noise(1, 1, 8, 8))
    shape = footprints(1, 1.0, 8)
    beyond = pyramid.sample(torch.tensor([[-3.0, 0.5625]]), shape)
    assert torch.allclose(beyond, pyramid.sample(torch.tensor([[0.0, 0.5625]]), shape))


def test_textures_that_share_points_equal_single_textures() -> None:
    images, uv, shape = noise(3, 3, 20, 20), noise(50, 2), footprints(50, 3.0, 20)
    together = Pyramid.of(images).sample(uv, shape)
    for index in range(3):
        assert torch.allclose(together[index], Pyramid.of(images[index : index + 1]).sample(uv, shape)[0])


@pytest.mark.parametrize("how", list(Filter))
def test_gradient_to_the_texels(how: Filter) -> None:
    uv, shape = noise(6, 2, dtype=torch.float64), footprints(6, 1.7, 4, torch.float64)
    image = noise(1, 1, 3, 4, dtype=torch.float64).requires_grad_()
    assert torch.autograd.gradcheck(lambda image: Pyramid.of(image).sample(uv, shape, how), image)


@pytest.mark.parametrize("how", list(Filter))
def test_gradient_to_the_place(how: Filter) -> None:
    pyramid = Pyramid.of(noise(1, 1, 16, 16, dtype=torch.float64))
    # Away from the kinks, where bilinear interpolation goes over to the next texel or level.
    uv = (torch.tensor([[5.3, 6.2], [8.3, 9.4]], dtype=torch.float64) / 16).requires_grad_()
    shape = footprints(2, 2.3, 16, torch.float64) + 0.01 * noise(2, 2, 2, dtype=torch.float64)
    shape = shape.detach().requires_grad_()
    assert torch.autograd.gradcheck(lambda uv, shape: pyramid.sample(uv, shape, how), (uv, shape))


@pytest.mark.parametrize("article_px", [3.0, 40.0, 300.0])
def test_the_rendered_article_has_the_mean_of_its_texture(article_px: float) -> None:
    texture = noise(1, 3, 128, 128)
    texture[:, :, :64] *= 0.5
    side = int(1.4 * article_px) + 4
    condition = posed(distance_m=10.0, yaw_deg=10.0, roll_deg=20.0)
    camera = square_camera(side, 10.0 * article_px)
    layer = rendered(texture, condition, camera, side, supersample=2)
    mean = layer[0, 0, :3].sum((1, 2)) / layer[0, 0, 3].sum()
    assert torch.allclose(mean, texture[0].mean((1, 2)), rtol=0.01 if article_px > 3 else 0.1)


@pytest.mark.parametrize("shift", [0.0, 0.25, 0.5])
def test_at_three_pixels_nothing_aliases(shift: float) -> None:
    # Stripes of one texel: unfiltered, a pixel would be black or white by chance of where it falls.
    stripes = (torch.arange(128) % 2).float().expand(1, 3, 128, 128).contiguous()
    condition = posed(distance_m=10.0, yaw_deg=20.0 + shift)
    layer = rendered(stripes, condition, square_camera(8, 30.0 + shift), 8)
    seen = layer[0, 0, 3] > 0
    assert int(seen.sum()) >= 6
    assert torch.allclose(layer[0, 0, 0][seen], torch.tensor(0.5), atol=0.01)


@pytest.mark.parametrize("kind", ["noise", "natural"])
@pytest.mark.parametrize("distance_m", [2.5, 8.0])
def test_error_against_sixteen_samples_a_side(kind: str, distance_m: float) -> None:
    texture = noise(1, 3, 512, 512) if kind == "noise" else natural(512)
    condition = posed(distance_m=distance_m, yaw_deg=35.0, pitch_deg=10.0)
    truth = reference(texture, condition, 64)
    inside = (truth[0, 0, 3] == 1)[None].expand(3, -1, -1)
    error = [psnr(ours(texture, condition, 64, s)[0, 0, :3][inside], truth[0, 0, :3][inside]) for s in (1, 2)]
    assert error[0] >= 25 and error[1] >= 29


@pytest.mark.parametrize("distance_m", [2.5, 5.0, 8.0])
def test_gradient_to_the_texture_points_along_the_reference(distance_m: float) -> None:
    # What pulls on the pixels has the spectrum of pictures; no two samples of the reference skip a texel.
    condition = posed(distance_m=distance_m, yaw_deg=35.0, pitch_deg=10.0)
    pulled = natural(64, seed=1) - 0.5
    slopes = []
    for render in (reference, lambda *a: ours(*a, supersample=2), ours):
        texture = torch.zeros(1, 3, 192, 192, requires_grad=True)
        (render(texture, condition, 64)[:, 0, :3] * pulled).sum().backward()
        slopes.append(texture.grad.flatten())
    truth, fine, plain = slopes
    cosine = torch.nn.functional.cosine_similarity
    assert float(cosine(fine, truth, dim=0)) >= 0.92
    assert float(cosine(plain, truth, dim=0)) >= 0.85


def test_every_texel_in_sight_gets_gradient_from_afar() -> None:
    texture = torch.zeros(1, 3, 256, 256, requires_grad=True)
    rendered(texture, posed(distance_m=10.0), square_camera(16, 100.0), 16).sum().backward()
    assert float((texture.grad != 0).float().mean()) == 1.0
