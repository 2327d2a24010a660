"""Elementwise work in blocks is the work in one piece, bit for bit on one thread."""

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from renders.blocks import ELEMENTS_PER_THREAD, blockwise
from renders.sensor.tone import encode
from tests.renders.scenes import noise


@pytest.fixture(params=[1, 2], autouse=True)
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


def largest() -> int:
    return ELEMENTS_PER_THREAD * torch.get_num_threads()


def mixed(one: Tensor, other: Tensor) -> Tensor:
    return one.clamp(0.2, 0.7).pow(1 / 2.4) * other - one


@pytest.mark.parametrize("shape", [(2, 3, 5), (1, 2, 300, 301), (3, 1, 256, 512)])
def test_blocks_make_up_the_whole(shape: tuple[int, ...], threads: int) -> None:
    one, other = noise(*shape, seed=1), noise(*shape, seed=2)
    blocks, whole = blockwise(mixed, one, other), mixed(one, other)
    assert torch.equal(blocks, whole) if threads == 1 else torch.allclose(blocks, whole, atol=1e-6)


def test_large_tensors_are_taken_in_blocks_and_others_whole() -> None:
    sizes: list[int] = []

    def noted(part: Tensor) -> Tensor:
        sizes.append(part.numel())
        return part + 1

    image = torch.zeros(2, largest() + 7)
    assert torch.equal(blockwise(noted, image), image + 1)
    assert max(sizes) == largest() and sum(sizes) == image.numel() and len(sizes) == 3
    sizes.clear()
    assert torch.equal(blockwise(noted, image.T), image.T + 1) and sizes == [image.numel()]


def test_encoding_a_large_frame_is_encoding_its_parts() -> None:
    light = (noise(1, 1, 3, 480, 640) * 1.4 - 0.2).requires_grad_()
    whole = encode(light)
    rows = [encode(light[..., top : top + 32, :]) for top in range(0, 480, 32)]
    assert torch.allclose(whole, torch.cat(rows, -2), atol=1e-6)
    (slope,) = torch.autograd.grad(whole.square().sum(), light)
    (by_rows,) = torch.autograd.grad(torch.cat(rows, -2).square().sum(), light)
    assert torch.allclose(slope, by_rows, atol=1e-5)
