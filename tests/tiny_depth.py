"""A depth estimator that fits in a test: what is red is near, unless there is much green beside it."""

from torch import Tensor, nn

SIDE_PX = 32


class TinyDepth(nn.Module):
    """Nearness of every second pixel, by the colours around it."""

    def __init__(self) -> None:
        super().__init__()
        self.around = nn.AvgPool2d(5, stride=2, padding=2)
        self.beside = nn.AvgPool2d(9, stride=2, padding=4)

    def forward(self, images: Tensor) -> Tensor:
        """Weights that are plain to see in place of trained ones."""
        red, _, blue = self.around(images).unbind(1)
        green_beside = self.beside(images)[:, 1]
        return red * (3 - 9 * (12 * (green_beside - 0.33)).sigmoid()) - blue


def net() -> tuple[nn.Module, int]:
    """Red is near."""
    return TinyDepth(), SIDE_PX
