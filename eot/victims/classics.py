"""The small networks of the founding papers, for 28 x 28 px grey digits and 32 x 32 px colour images.

None of them drops units out: that would draw from a generator nobody passed.
"""

from collections.abc import Callable

from jaxtyping import Float
from torch import Tensor, nn

from eot.victims.sign_net import Residual

DIGIT_PX = 28
COLOUR_PX = 32


class Grey(nn.Module):
    """The mean of the channels: a net for grey images keeps the contract of sRGB images [n 3 h w]."""

    def forward(self, images: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n 1 h w"]:
        """One channel; a grey image shown as three equal channels comes back as it was."""
        return images.mean(1, keepdim=True)


def _convolutions(classes: int) -> nn.Module:
    """Two 5 x 5 convolutions of 32 and 64 channels, 1024 units (Madry et al. 2018, section 5)."""
    return nn.Sequential(
        Grey(),
        nn.Conv2d(1, 32, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(64 * 7 * 7, 1024),
        nn.ReLU(),
        nn.Linear(1024, classes),
    )


def _small(classes: int) -> nn.Module:
    """Two strided 4 x 4 convolutions of 16 and 32 channels, 100 units (Wong & Kolter 2018, for MNIST)."""
    return nn.Sequential(
        Grey(),
        nn.Conv2d(1, 16, 4, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(16, 32, 4, stride=2, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(32 * 7 * 7, 100),
        nn.ReLU(),
        nn.Linear(100, classes),
    )


def _strided(classes: int) -> nn.Module:
    """Three strided convolutions: network B of Tramèr et al. 2018 (table 5), without its dropout."""
    return nn.Sequential(
        Grey(),
        nn.Conv2d(1, 64, 8, stride=2, padding=3),
        nn.ReLU(),
        nn.Conv2d(64, 128, 6, stride=2),
        nn.ReLU(),
        nn.Conv2d(128, 128, 5),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(128, classes),
    )


def _stacked(classes: int) -> nn.Module:
    """Pairs of 3 x 3 convolutions, two layers of 200 units (Papernot et al. 2016, table I)."""
    return nn.Sequential(
        Grey(),
        nn.Conv2d(1, 32, 3),
        nn.ReLU(),
        nn.Conv2d(32, 32, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3),
        nn.ReLU(),
        nn.Conv2d(64, 64, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(64 * 4 * 4, 200),
        nn.ReLU(),
        nn.Linear(200, 200),
        nn.ReLU(),
        nn.Linear(200, classes),
    )


def _dense(*units: int) -> Callable[[int], nn.Module]:
    """Fully connected layers with sigmoids between them; none at all is logistic regression."""

    def make(classes: int) -> nn.Module:
        layers: list[nn.Module] = [Grey(), nn.Flatten()]
        inputs = DIGIT_PX * DIGIT_PX
        for width in units:
            layers += [nn.Linear(inputs, width), nn.Sigmoid()]
            inputs = width
        return nn.Sequential(*layers, nn.Linear(inputs, classes))

    return make


def _residual(classes: int) -> nn.Module:
    """A residual net for 32 x 32 px, a small relative of the one of Madry et al. 2018 for CIFAR-10."""

    def enter(inputs: int, outputs: int, stride: int) -> list[nn.Module]:
        convolution = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        return [convolution, nn.BatchNorm2d(outputs), nn.ReLU(), Residual(outputs), Residual(outputs)]

    return nn.Sequential(
        *enter(3, 64, 1),
        *enter(64, 128, 2),
        *enter(128, 256, 2),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(256, classes),
    )


def _plain(classes: int) -> nn.Module:
    """Plain convolutions for 32 x 32 px in the manner of VGG (Simonyan & Zisserman 2015), without norms."""
    layers: list[nn.Module] = []
    for inputs, outputs in ((3, 64), (64, 128), (128, 256)):
        layers += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU()]
        layers += [nn.Conv2d(outputs, outputs, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(256 * 16, 256), nn.ReLU(), nn.Linear(256, classes))


DIGIT_NETS: dict[str, Callable[[int], nn.Module]] = {
    "digit-conv": _convolutions,
    "digit-small": _small,
    "digit-strided": _strided,
    "digit-stacked": _stacked,
    "digit-linear": _dense(),
    "digit-dense-100": _dense(100, 100),
    "digit-dense-200": _dense(200, 200),
    "digit-dense-123": _dense(123, 456),
}
COLOUR_NETS: dict[str, Callable[[int], nn.Module]] = {"colour-res": _residual, "colour-plain": _plain}
