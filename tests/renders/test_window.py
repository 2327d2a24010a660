"""Windows cut out of a picture: each by its own, whatever is cut with it."""

import pytest
import torch

from renders.window import Picture
from tests.renders.scenes import noise


def test_a_window_is_the_same_whatever_is_cut_with_it() -> None:
    picture = Picture.of(noise(3, 200, 300))
    left, top = torch.tensor([0.0, 10.5, -4.0, 30.2, 0.0]), torch.tensor([0.0, 3.0, 9.0, 20.0, 1.0])
    width = torch.tensor([40.0, 52.0, 170.0, 31.0, 300.0])
    together = picture.window(left, top, width, (30, 40))
    for index in range(5):
        one = slice(index, index + 1)
        assert torch.equal(together[one], picture.window(left[one], top[one], width[one], (30, 40)))


def test_a_window_of_the_whole_picture_is_the_picture() -> None:
    image = torch.rand(3, 40, 64, generator=torch.Generator().manual_seed(0))
    zero, width = torch.zeros(1), torch.full((1,), 64.0)
    torch.testing.assert_close(Picture.of(image).window(zero, zero, width, (40, 64))[0], image)


@pytest.mark.parametrize("factor", [2, 3, 4, 8])
def test_small_windows_average_what_they_cover(factor: int) -> None:
    image = torch.rand(3, 96, 96, generator=torch.Generator().manual_seed(0))
    zero, side = torch.zeros(1), 96 // factor
    window = Picture.of(image).window(zero, zero, torch.full((1,), 96.0), (side, side))[0]
    mean = torch.nn.functional.avg_pool2d(image, factor)
    # Bilinear samples weigh the pixels of a block a little unevenly when the factor is no power of two.
    assert (window - mean).abs().max() < (1e-5 if factor in (2, 4, 8) else 0.25)


def test_windows_are_the_means_of_bilinear_samples_and_the_edge_repeats_outside() -> None:
    image = torch.rand(3, 40, 56, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    left, top = torch.tensor([-3.25, 7.5]).double(), torch.tensor([2.0, -1.5]).double()
    cut = Picture.of(image).window(left, top, torch.tensor([30.0, 24.0]).double(), (12, 20))
    for view, (x0, y0, width) in enumerate([(-3.25, 2.0, 30.0), (7.5, -1.5, 24.0)]):
        # Twice as many samples as pixels along each axis, by torch's own sampler.
        steps = [(torch.arange(2 * n).double() + 0.5) * width / 40 for n in (12, 20)]
        y, x = (y0 + steps[0]) / 40 * 2 - 1, (x0 + steps[1]) / 56 * 2 - 1
        grid = torch.stack(torch.meshgrid(y, x, indexing="ij")[::-1], -1)[None]
        fine = torch.nn.functional.grid_sample(image[None], grid, padding_mode="border", align_corners=False)
        torch.testing.assert_close(cut[view], torch.nn.functional.avg_pool2d(fine, 2)[0])
