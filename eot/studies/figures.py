"""The figures of the studies, as PNG with the same bytes for the same numbers."""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from torch import Tensor

STYLE = {"font.size": 8, "axes.spines.top": False, "axes.spines.right": False, "axes.linewidth": 0.6}
DPI = 110


@dataclass(frozen=True)
class Curves:
    """Named curves over one axis; a name that begins with `_` is drawn thin and not named."""

    title: str
    x: Sequence[float]
    y: Mapping[str, Sequence[float]]
    x_label: str
    y_label: str

    def draw(self, axes: Axes) -> None:
        """Into these axes."""
        for name, values in self.y.items():
            thin = name.startswith("_")
            axes.plot(self.x, values, lw=0.7 if thin else 1.4, label=None if thin else name)
        axes.set(xlabel=self.x_label, ylabel=self.y_label)
        axes.set_title(self.title, loc="left", fontsize=8.5)
        if any(not name.startswith("_") for name in self.y):
            axes.legend(frameon=False, fontsize=7)


def curves(panels: Sequence[Curves]) -> bytes:
    """Panels of curves side by side."""

    def draw(figure: Figure) -> None:
        for axes, panel in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
            panel.draw(axes)

    return _png((3.4 * len(panels), 2.6), draw)


def class_maps(maps: Int[Tensor, "n rows columns"], truth: Sequence[int], labels: tuple[str, str]) -> bytes:
    """Maps of the class that is read over two directions; white where it is the true one."""
    colours = ListedColormap([*(f"C{c}" for c in range(10))])

    def draw(figure: Figure) -> None:
        columns = min(6, len(maps))
        grid = figure.subplots(-(-len(maps) // columns), columns, squeeze=False).flatten()
        for axes in grid:
            axes.set_axis_off()
        for axes, read, label in zip(grid, maps, truth, strict=False):
            shown = np.ma.masked_equal(read.cpu().numpy(), label)
            axes.imshow(shown, cmap=colours, vmin=0, vmax=9, origin="lower", interpolation="nearest")
            axes.set_axis_on()
            axes.set(xticks=[], yticks=[])
            for spine in axes.spines.values():
                spine.set_visible(True)
            axes.set_title(f"true {label}", fontsize=7)
        figure.supxlabel(labels[0], fontsize=8)
        figure.supylabel(labels[1], fontsize=8)

    rows = -(-len(maps) // 6)
    return _png((6.6, 1.25 * rows + 0.3), draw)


def pictures(
    rows: Sequence[Float[Tensor, "n c h w"]], names: Sequence[str], titles: Sequence[str] = ()
) -> bytes:
    """Rows of small images, each row with its name."""

    def draw(figure: Figure) -> None:
        grid = figure.subplots(len(rows), len(rows[0]), squeeze=False)
        for line, images, name in zip(grid, rows, names, strict=True):
            for axes, image in zip(line, images, strict=True):
                axes.imshow(image.cpu().expand(3, -1, -1).permute(1, 2, 0).numpy(), interpolation="nearest")
                axes.set(xticks=[], yticks=[])
            line[0].set_ylabel(name, rotation=0, ha="right", va="center", fontsize=7)
        for axes, title in zip(grid[0], titles, strict=False):
            axes.set_title(title, fontsize=7)

    return _png((0.62 * len(rows[0]) + 1.1, 0.62 * len(rows) + 0.2), draw)


def _png(size: tuple[float, float], draw: Callable[[Figure], None]) -> bytes:
    with rc_context(STYLE):  # type: ignore[arg-type]
        figure = Figure(figsize=size, layout="constrained", dpi=DPI)
        draw(figure)
        stream = io.BytesIO()
        figure.savefig(stream, format="png", metadata={"Software": None})
    return stream.getvalue()


def grid(low: float, high: float, count: int) -> Float[Tensor, " count"]:
    """Evenly spaced numbers, both ends included."""
    return torch.linspace(low, high, count)
