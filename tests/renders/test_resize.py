"""The matrices that images are shrunk with: small ones are kept, large ones are not."""

import torch

from renders.sensor import resize as module
from renders.sensor.resize import KEPT, resize
from tests.renders.scenes import noise


def test_photos_of_many_large_sizes_leave_no_matrices_behind() -> None:
    module._kept_overlap.cache_clear()
    assert KEPT < 3000 * 512
    for before in range(3000, 3020):
        resize(torch.zeros(1, 1, before, 2), (512, 2))
    assert module._kept_overlap.cache_info().currsize == 0


def test_small_matrices_are_made_once_and_shrink_as_fresh_ones_do() -> None:
    module._kept_overlap.cache_clear()
    picture = noise(1, 3, 90, 90)
    first = resize(picture, (31, 31))
    assert torch.equal(first, resize(picture, (31, 31)))
    assert module._kept_overlap.cache_info().misses == 1
    fresh = module._overlap(90, 31, picture.device, picture.dtype)
    assert torch.allclose(first, fresh @ picture @ fresh.T, atol=1e-6)
