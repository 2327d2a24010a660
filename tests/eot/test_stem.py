"""The stem answers as the layer it was made of, and its gradient to the image is that layer's."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from eot.victims.admit import Claim, admit
from eot.victims.stem import Slope, Stem, with_stems
from eot.victims.victim import Victim, VictimInfo, normalised
from tests.renders.scenes import noise


@settings(max_examples=40, deadline=None)
@given(
    kernel=st.integers(1, 7),
    stride=st.integers(2, 4),
    padding=st.integers(0, 6),
    side=st.tuples(st.integers(8, 14), st.integers(8, 14)),
    channels=st.integers(1, 4),
    last=st.booleans(),
)
def test_answers_and_gradients_are_those_of_the_layer(
    kernel: int, stride: int, padding: int, side: tuple[int, int], channels: int, last: bool
) -> None:
    layer = nn.Conv2d(channels, 3, kernel, stride, min(padding, kernel - 1)).double()
    with torch.no_grad():
        layer.weight.copy_(noise(*layer.weight.shape, seed=1) - 0.5)
    image = noise(2, channels, *side, seed=2).double()
    image = image.contiguous(memory_format=torch.channels_last if last else torch.contiguous_format)
    ends = []
    for module in (layer, Stem(layer)):
        leaf = image.clone().requires_grad_()
        answer = module(leaf)
        pull = noise(*answer.shape, seed=3).double()
        ends.append((answer, *torch.autograd.grad(answer, leaf, pull)))
    assert torch.equal(ends[0][0], ends[1][0])
    # Sums of at most 7 x 7 x 3 doubles near 1, in another order.
    assert torch.allclose(ends[0][1], ends[1][1], rtol=0, atol=1e-13)


def test_gradcheck() -> None:
    image, weight = noise(1, 3, 9, 8).double().requires_grad_(), noise(2, 3, 5, 5, seed=1).double()
    assert torch.autograd.gradcheck(lambda x: Slope.apply(x, weight, None, 2, 2), (image,))
    assert torch.autograd.gradgradcheck(lambda x: Slope.apply(x, weight, None, 2, 2).square(), (image,))


class Masked(nn.Conv2d):
    """A layer that does more than its parent."""


@pytest.mark.parametrize(
    ("layer", "eased"),
    [
        (nn.Conv2d(3, 8, 5, 2, 2), True),
        (nn.Conv2d(1, 8, 4, 4), True),
        (nn.Conv2d(3, 8, 3, 1, 1), False),
        (nn.Conv2d(16, 8, 3, 2, 1), False),
        (nn.Conv2d(3, 8, 3, 2, 1, padding_mode="reflect"), False),
        (nn.Conv2d(3, 8, 3, 2, 1, dilation=2), False),
        (nn.Conv2d(3, 6, 3, 2, 1, groups=3), False),
        (nn.Conv2d(3, 8, (3, 5), 2, 1), False),
        (Masked(3, 8, 5, 2, 2), False),
    ],
)
def test_only_plain_strided_layers_of_the_image_are_replaced(layer: nn.Conv2d, eased: bool) -> None:
    net = nn.Sequential(layer, nn.ReLU())
    assert with_stems(net) == int(eased)
    assert isinstance(net[0], Stem) == eased


def test_what_a_hook_does_to_the_image_is_done_for_the_stem_too() -> None:
    """Padding as TensorFlow has it, more on the right and below, comes as a hook before the layer."""
    net = nn.Sequential(nn.Conv2d(3, 8, 3, 2), nn.ReLU())
    net[0].register_forward_pre_hook(lambda _, images: (nn.functional.pad(images[0], (0, 1, 0, 1)),))
    image = noise(2, 3, 8, 8)
    expected = net(image)
    assert with_stems(net) == 1 and torch.equal(net(image), expected)


def test_an_admitted_net_has_the_gradient_of_the_original() -> None:
    net = nn.Sequential(
        nn.Conv2d(3, 8, 5, 2, 2), nn.Tanh(), nn.Conv2d(8, 8, 3), nn.Flatten(), nn.Linear(288, 4)
    )
    with torch.no_grad():
        for number, parameter in enumerate(net.parameters()):
            parameter.copy_((noise(*parameter.shape, seed=number) - 0.5) / 3)
    mean, std = (0.4, 0.5, 0.6), (0.2, 0.3, 0.4)
    victim = admit(net, Claim("net", "", "", (16, 16), mean=mean, std=std))
    plain = Victim(net, VictimInfo("net", tuple("abcd"), (16, 16), "", "", "", mean, std))
    assert isinstance(victim, Victim) and isinstance(victim.module.get_submodule("0"), Stem)
    leaf = victim.laid_out(noise(3, 3, 16, 16, seed=9)).requires_grad_()
    (expected,) = torch.autograd.grad(plain(leaf).square().sum(), leaf)
    (slope,) = torch.autograd.grad(victim(leaf).square().sum(), leaf)
    assert torch.allclose(slope, expected, rtol=1e-4, atol=1e-5 * float(expected.abs().max()))


@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format])
def test_normalising_is_the_same_to_the_last_bit_in_every_layout(layout: torch.memory_format) -> None:
    images = noise(4, 3, 5, 6).contiguous(memory_format=layout)
    mean, std = noise(1, 3, 1, 1, seed=1), 0.1 + noise(1, 3, 1, 1, seed=2)
    assert torch.equal(normalised(images, mean, std), (images - mean) / std)


def test_it_works_under_autocast() -> None:
    layer, image = nn.Conv2d(3, 4, 5, 2, 2), noise(2, 3, 12, 12)
    slopes = []
    for module in (layer, Stem(layer)):
        leaf = image.clone().requires_grad_()
        with torch.autocast("cpu", torch.bfloat16):
            answer = module(leaf)
        assert answer.dtype == torch.bfloat16
        slopes.append(torch.autograd.grad(answer.float().sum(), leaf)[0])
    # bfloat16 keeps 8 bits.
    assert torch.allclose(slopes[0], slopes[1], atol=0.02 * float(slopes[0].abs().max()))
