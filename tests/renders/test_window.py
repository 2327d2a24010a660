"""Windows cut out of a picture: each by its own, whatever is cut with it."""

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


def test_a_window_of_whole_blocks_is_their_mean() -> None:
    image = noise(3, 128, 128)
    cut = Picture.of(image).window(torch.zeros(1), torch.zeros(1), torch.tensor([128.0]), (32, 32))
    assert torch.allclose(cut[0], image.unfold(1, 4, 4).unfold(2, 4, 4).mean((-1, -2)), atol=1e-5)
