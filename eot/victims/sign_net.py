"""The networks of the bundled sign classifiers: small, strided early, batch norms that fold away."""

from collections.abc import Callable
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor, nn

from renders.errors import InputError, nearest

INPUT_PX = 64
# The normalisation of all sign nets, sRGB.
MEAN = (0.45, 0.45, 0.45)
STD = (0.25, 0.25, 0.25)


def _unit(inputs: int, outputs: int, stride: int = 1, kernel: int = 3) -> nn.Sequential:
    """Convolution, batch norm, rectifier."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class Residual(nn.Module):
    """Two convolutions around a shortcut (He et al. 2016, figure 2)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = _unit(channels, channels)
        self.second = nn.Sequential(
            nn.Conv2d(channels, channels, 3, 1, 1, bias=False), nn.BatchNorm2d(channels)
        )
        self.rectifier = nn.ReLU()

    def forward(self, features: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
        """The features plus what the two convolutions add, rectified."""
        return self.rectifier(features + self.second(self.first(features)))


def _head(channels: int, classes: int) -> list[nn.Module]:
    """What is left of 4 x 4 cells keeps its place: signs differ by where the strokes are."""
    return [nn.Flatten(), nn.Linear(channels * 4, classes)]


def _plain(classes: int) -> nn.Module:
    return nn.Sequential(
        _unit(3, 16, stride=2, kernel=5),
        _unit(16, 40, stride=2),
        _unit(40, 40),
        _unit(40, 96, stride=2),
        _unit(96, 96),
        _unit(96, 176, stride=2),
        _unit(176, 176),
        nn.AvgPool2d(2),
        *_head(176, classes),
    )


def _residual(classes: int) -> nn.Module:
    return nn.Sequential(
        _unit(3, 16, stride=2, kernel=5),
        _unit(16, 40, stride=2),
        Residual(40),
        _unit(40, 80, stride=2),
        Residual(80),
        _unit(80, 144, stride=2),
        Residual(144),
        nn.AvgPool2d(2),
        *_head(144, classes),
    )


def _pooled(classes: int) -> nn.Module:
    """In the manner of VGG (Simonyan & Zisserman 2015): maximum pooling in place of most strides."""
    return nn.Sequential(
        _unit(3, 24, stride=2),
        _unit(24, 32),
        nn.MaxPool2d(2),
        _unit(32, 88),
        nn.MaxPool2d(2),
        _unit(88, 160),
        nn.MaxPool2d(2),
        _unit(160, 224),
        nn.AvgPool2d(2),
        *_head(224, classes),
    )


# The classifier of everyday objects has the architecture of the default one of signs.
OBJECT_NET = "object-net"
ARCHITECTURES: dict[str, Callable[[int], nn.Module]] = {
    "sign-net": _plain,
    OBJECT_NET: _plain,
    "sign-res": _residual,
    "sign-vgg": _pooled,
}


@dataclass(frozen=True)
class Variant:
    """A bundled classifier: an architecture, and the seed of its data and first weights."""

    arch: str
    seed: int


VARIANTS: dict[str, Variant] = {
    "sign-net": Variant("sign-net", 0),
    "sign-net-seed1": Variant("sign-net", 1),
    "sign-res": Variant("sign-res", 2),
    "sign-vgg": Variant("sign-vgg", 3),
}


def build(arch: str, classes: int) -> nn.Module:
    """The untrained network `arch` for 64 x 64 px images and `classes` classes.

    Raises:
        InputError: unknown architecture.
    """
    if arch not in ARCHITECTURES:
        raise InputError(f"there is no sign net {arch!r}: {nearest(arch, ARCHITECTURES)}")
    return ARCHITECTURES[arch](classes)
