"""Sigmoid gates as SiLUs: the same answers and slopes, and everything else left alone."""

import pytest
import torch
from torch import Tensor, nn

from eot.victims.admit import Claim, admit_classifier
from eot.victims.eased import Eased
from tests.renders.scenes import noise


class Spelt(nn.Module):
    """A net that spells its gates out, as ONNX graphs do, in every way there is."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = nn.Conv2d(3, 4, 3), nn.Linear(4, 5)
        for number, weight in enumerate(self.parameters()):
            weight.data = noise(*weight.shape, seed=number) - 0.5

    def forward(self, images: Tensor) -> Tensor:
        """Logits."""
        x = self.first(images)
        x = x * torch.sigmoid(x)
        x = torch.sigmoid(x) * x
        x = torch.mul(x, x.sigmoid())
        return self.last(x.mean((2, 3)))


class Other(nn.Module):
    """Sigmoids that are no gates: of something else, asked for their shape, joined, and answered."""

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Four answers."""
        seen = torch.sigmoid(x)
        beside = x * torch.sigmoid(x + 1)
        return seen.reshape(seen.shape[0], -1), beside, torch.cat([torch.sigmoid(x), x]), torch.sigmoid(x)


def slope(module: nn.Module, images: Tensor) -> Tensor:
    leaf = images.clone().requires_grad_()
    answer = module(leaf)
    parts = answer if isinstance(answer, tuple) else (answer,)
    (found,) = torch.autograd.grad(sum((part**2).sum() for part in parts), leaf)
    return found


def test_every_spelling_of_a_gate_is_merged_and_means_the_same() -> None:
    plain, images = Spelt().double(), noise(2, 3, 8, 8, dtype=torch.float64)
    eased = Eased(plain)
    assert torch.allclose(eased(images), plain(images), atol=1e-12) and eased.gates == 3
    assert torch.allclose(slope(eased, images), slope(plain, images), atol=1e-12)


def test_other_sigmoids_stay_what_they_are() -> None:
    plain, x = Other(), noise(2, 3, 4, 4, dtype=torch.float64)
    eased = Eased(plain)
    for one, other in zip(eased(x), plain(x), strict=True):
        assert type(one) is Tensor and torch.equal(one, other)
    assert eased.gates == 0 and torch.allclose(slope(eased, x), slope(plain, x), atol=1e-12)


def test_a_gate_whose_input_was_changed_in_between_is_noticed_and_left_alone() -> None:
    class Changed(nn.Module):
        def forward(self, images: Tensor) -> Tensor:
            x = images.mean((2, 3)) - 0.5
            open_ = torch.sigmoid(x)
            x.mul_(3)
            return x * open_

    victim = admit_classifier(Changed(), Claim("changed", "here", "none", (8, 8)))
    assert not any("gates" in note for note in victim.info.notes)
    images = noise(2, 3, 8, 8)
    assert torch.allclose(victim(images), Changed()(images), atol=1e-6)


@pytest.mark.parametrize("module", [Spelt(), nn.Sequential(nn.Flatten(), nn.Linear(192, 3))])
def test_a_victim_says_that_its_gates_were_merged(module: nn.Module) -> None:
    victim = admit_classifier(module, Claim("net", "here", "none", (8, 8)))
    assert any("3 sigmoid gates merged" in note for note in victim.info.notes) is isinstance(module, Spelt)
    images = noise(2, 3, 8, 8)
    assert torch.allclose(victim(images), module(images), atol=1e-5)
