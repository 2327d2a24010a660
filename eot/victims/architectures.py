"""Every architecture of our own by name, with the input it takes: to train, and to load what was trained."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from eot.streams import generator_for
from eot.victims import classics, sign_net
from eot.victims.victim import Rgb
from renders.errors import InputError, nearest

OFF, ONE = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)


@dataclass(frozen=True)
class Architecture:
    """A network without weights.

    Args:
        make: from the number of classes to the network.
        mean: of the normalisation before it, sRGB; `std` likewise.
    """

    make: Callable[[int], nn.Module]
    input_px: tuple[int, int]
    mean: Rgb
    std: Rgb


def _all(
    makers: dict[str, Callable[[int], nn.Module]],
    side_px: int,
    mean: Rgb = OFF,
    std: Rgb = ONE,
) -> dict[str, Architecture]:
    return {name: Architecture(make, (side_px, side_px), mean, std) for name, make in makers.items()}


ARCHITECTURES: dict[str, Architecture] = {
    **_all(sign_net.ARCHITECTURES, sign_net.INPUT_PX, sign_net.MEAN, sign_net.STD),
    **_all(classics.DIGIT_NETS, classics.DIGIT_PX),
    **_all(classics.COLOUR_NETS, classics.COLOUR_PX),
}


def architecture(name: str) -> Architecture:
    """The architecture of this name. Raises InputError for an unknown one."""
    if name not in ARCHITECTURES:
        raise InputError(f"there is no architecture {name!r}: {nearest(name, ARCHITECTURES)}")
    return ARCHITECTURES[name]


def fresh(name: str, classes: int, seed: int, stream: str = "weights") -> nn.Module:
    """The network with first weights drawn from the seed (He et al. 2015)."""
    net = architecture(name).make(classes)
    generator = generator_for(seed, stream)
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu", generator=generator)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    return net
