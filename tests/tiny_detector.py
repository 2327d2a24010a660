"""A detector that fits in a test: one candidate per cell of a grid, found by the colour of the cell."""

import torch
from torch import Tensor, nn

LABELS = ("red thing", "green thing", "blue thing", "white thing")
SIDE_PX = 32
CELL_PX = 8


class TinyDetector(nn.Module):
    """Each cell is a box; its score for a class is how much the cell stands out in that class' colour."""

    def __init__(self, cell_px: int = CELL_PX) -> None:
        super().__init__()
        self.pool = nn.AvgPool2d(cell_px)
        self.head = nn.Conv2d(3, len(LABELS), 1)
        self.cell_px = cell_px
        with torch.no_grad():
            # red, green and blue less the other two; white is bright in all three
            own = 1.5 * torch.eye(3) - 0.5
            weight = torch.cat([own, torch.full((1, 3), 1 / 3)])
            self.head.weight.copy_(12 * weight[:, :, None, None])
            self.head.bias.copy_(torch.tensor([-6.0, -6, -6, -10]))

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Boxes and scores of every cell."""
        scores = self.head(self.pool(images)).sigmoid()
        rows, columns = (torch.arange(n).to(images) * self.cell_px for n in scores.shape[-2:])
        top, left = torch.meshgrid(rows, columns, indexing="ij")
        corner = torch.stack([left, top], -1).flatten(0, 1)
        boxes = torch.cat([corner, corner + self.cell_px], -1)
        return boxes.expand(len(images), -1, -1), scores.flatten(2).transpose(1, 2)


def net() -> tuple[nn.Module, int, tuple[str, ...]]:
    """Four colours."""
    return TinyDetector(), SIDE_PX, LABELS
