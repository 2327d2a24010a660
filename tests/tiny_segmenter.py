"""A segmenter that fits in a test: every pixel by the colour around it, at half the resolution."""

import torch
from torch import Tensor, nn

LABELS = ("ground", "red thing", "green thing", "blue thing")
SIDE_PX = 32


class TinySegmenter(nn.Module):
    """A class for each colour that stands out; the ground where none does."""

    def __init__(self) -> None:
        super().__init__()
        self.blur = nn.AvgPool2d(9, stride=2, padding=4)
        self.head = nn.Conv2d(3, len(LABELS), 1)
        with torch.no_grad():
            self.head.weight.zero_()
            self.head.weight[1:, :, 0, 0] = 12 * (1.5 * torch.eye(3) - 0.5)
            self.head.bias.copy_(torch.tensor([2.0, 0, 0, 0]))

    def forward(self, images: Tensor) -> Tensor:
        """Logits of every second pixel."""
        return self.head(self.blur(images))


def net() -> tuple[nn.Module, int, tuple[str, ...]]:
    """Three colours and the ground."""
    return TinySegmenter(), SIDE_PX, LABELS
