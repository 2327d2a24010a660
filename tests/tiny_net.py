"""A victim that fits in a test: linear in the averaged image, with fixed random weights."""

import torch
from torch import nn

from eot.streams import generator_for

LABELS = ("stop", "yield", "priority", "roundabout")
SIDE_PX = 16


def _net(classes: int = len(LABELS), seed: int = 3) -> nn.Sequential:
    linear = nn.Linear(3 * 8 * 8, classes)
    with torch.no_grad():
        linear.weight.copy_(0.05 * torch.randn(linear.weight.shape, generator=generator_for(seed, "tiny")))
        linear.weight[0] += 0.005  # so that a plain sign is a stop sign
        linear.bias.copy_(torch.linspace(1, 0, classes))
    return nn.Sequential(nn.AvgPool2d(2), nn.Flatten(), linear)


def net() -> tuple[nn.Module, int, tuple[str, ...]]:
    """Four classes."""
    return _net(), SIDE_PX, LABELS


def other() -> tuple[nn.Module, int, tuple[str, ...]]:
    """The same classes by other weights."""
    return _net(seed=4), SIDE_PX, LABELS


def seven() -> tuple[nn.Module, int]:
    """Seven classes without names."""
    return _net(7), SIDE_PX


class Untraceable(nn.Module):
    """A net whose answer cannot be followed back to the picture."""

    def __init__(self) -> None:
        super().__init__()
        self.net = _net()

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Logits, after a detour through eight bits."""
        return self.net((images * 255).round().detach() / 255)


def untraceable() -> tuple[nn.Module, int, tuple[str, ...]]:
    """No gradient comes back from it, though nothing says so."""
    return Untraceable(), SIDE_PX, LABELS


def softmax() -> tuple[nn.Module, int, tuple[str, ...]]:
    """Probabilities where logits are wanted."""
    return nn.Sequential(_net(), nn.Softmax(-1)), SIDE_PX, LABELS


def not_a_number() -> tuple[nn.Module, int, tuple[str, ...]]:
    """Weights with a NaN in them."""
    broken = _net()
    with torch.no_grad():
        broken[2].weight[0, 0] = torch.nan
    return broken, SIDE_PX, LABELS


def wrong_labels() -> tuple[nn.Module, int, tuple[str, ...]]:
    """Fewer names than classes."""
    return _net(), SIDE_PX, LABELS[:3]


def one_class() -> tuple[nn.Module, int]:
    """A model with nothing to choose from."""
    return _net(1), SIDE_PX


def raises() -> nn.Module:
    """Fails when it is made."""
    raise ValueError("no weights today")
