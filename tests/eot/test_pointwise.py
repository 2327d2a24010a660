"""1 x 1 convolutions dealt out as more pictures: the same answers and slopes, wherever they are."""

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from eot.victims.admit import Claim, admit_classifier
from eot.victims.eased import Eased
from eot.victims.pointwise import Pointwise, spread, with_pointwise
from tests.renders.scenes import noise


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def pictures(*shape: int) -> Tensor:
    return (noise(*shape) - 0.5).contiguous(memory_format=torch.channels_last)


def slope(answer: Tensor, of: Tensor) -> Tensor:
    (found,) = torch.autograd.grad((answer**2).sum(), of)
    return found


@pytest.mark.parametrize("shape", [(4, 3, 52, 52), (3, 5, 58, 60), (1, 4, 104, 104)])
@pytest.mark.parametrize("biased", [True, False])
def test_dealt_out_pictures_give_the_same_answers_and_slopes(shape: tuple[int, ...], biased: bool) -> None:
    images, weight = pictures(*shape).requires_grad_(), noise(9, shape[1], 1, 1, seed=1) - 0.5
    bias = noise(9, seed=2) if biased else None
    dealt, plain = spread(images, weight, bias), functional.conv2d(images, weight, bias)
    assert dealt is not None and dealt.is_contiguous(memory_format=torch.channels_last)
    assert torch.allclose(dealt, plain, atol=1e-6)
    assert torch.allclose(slope(dealt, images), slope(plain, images), atol=1e-4)


def test_what_gains_nothing_is_left_alone() -> None:
    images, weight = pictures(4, 8, 52, 52), noise(8, 8, 1, 1)
    assert spread(images, weight) is not None
    assert spread(images.contiguous(), weight) is None, "channels first"
    assert spread(pictures(4, 8, 20, 20), weight) is None, "small"
    assert spread(pictures(16, 8, 52, 52), weight) is None, "many"
    assert spread(pictures(1, 8, 103, 101), weight) is None, "no number of equal pictures"
    assert spread(images, weight[:4]) is None, "few channels"
    assert spread(images.double(), weight.double()) is None
    assert spread(images, noise(8, 8, 3, 3)) is None
    assert spread(images, noise(8, 1, 1, 1), groups=8) is None
    assert spread(images, weight, stride=2) is None and spread(images, weight, padding=(1, 1)) is None
    assert spread(images, weight, stride=(1, 1), padding=(0, 0)) is not None
    torch.set_num_threads(2)
    assert spread(images, weight) is None, "more threads"


def test_every_such_layer_of_a_module_is_found_and_no_other() -> None:
    net = nn.Sequential(
        nn.Conv2d(3, 8, 1),
        nn.Conv2d(8, 8, 1, padding="valid", bias=False),
        nn.Conv2d(8, 8, 3, padding=1),
        nn.Conv2d(8, 8, 1, stride=2),
        nn.Conv2d(8, 8, 1, groups=2),
        nn.Conv2d(8, 8, 1, padding=1),
    ).to(memory_format=torch.channels_last)
    images, plain = pictures(4, 3, 60, 60), net(pictures(4, 3, 60, 60))
    assert with_pointwise(net) == 2
    assert [type(layer) is Pointwise for layer in net] == [True, True, False, False, False, False]
    assert torch.allclose(net(images), plain, atol=1e-6)


def test_calls_of_a_module_are_dealt_out_beside_its_gates() -> None:
    class Called(nn.Module):
        def forward(self, images: Tensor) -> Tensor:
            x = functional.conv2d(images, weight, bias=bias)
            return x * x.sigmoid()

    weight, bias, images = noise(8, 3, 1, 1), noise(8), pictures(4, 3, 60, 60)
    with torch.autograd.profiler.profile() as seen:
        answer = Eased(Called())(images)
    assert torch.allclose(answer, Called()(images), atol=1e-6)
    assert [*filter(None, (each.name.count("mkldnn_conv") for each in seen.function_events))]


@pytest.mark.parametrize(("threads", "says"), [(1, True), (2, False)])
def test_a_victim_says_so(threads: int, says: bool) -> None:
    torch.set_num_threads(threads)
    net = nn.Sequential(nn.Conv2d(3, 8, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    victim = admit_classifier(net.requires_grad_(False), Claim("net", "here", "none", (60, 60)))
    assert any("1 x 1 convolutions dealt out" in note for note in victim.info.notes) is says
    images = noise(4, 3, 60, 60)
    assert torch.allclose(victim(images), net(images), atol=1e-6)
