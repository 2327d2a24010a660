"""Figures as inline SVG that take the page's text colour, with the same bytes for the same numbers."""

import io
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

TRAIN, SELECT = "#3b82c4", "#d9822b"
# Stands for the page's text colour until the SVG is written; no other part of a figure uses it.
INK = "#010203"
STYLE: dict[Any, Any] = {
    "svg.hashsalt": "eot",
    "svg.fonttype": "none",
    "font.size": 10,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def training_curves(metrics: Sequence[Mapping[str, Any]]) -> str | None:
    """Loss and success over the steps, on the train and the select stream, as SVG; None without records."""
    if not metrics:
        return None
    # The figure class alone: pyplot would keep every figure and choose a window system.
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(STYLE):
        figure = Figure(figsize=(10, 3.1), layout="constrained")
        left, right = figure.subplots(1, 2)
        _draw(left, metrics, "loss", float)
        _draw(right, metrics, "success", lambda share: 100 * share)
        left.set(title="loss", xlabel="step")
        right.set(title="success, % of views", xlabel="step", ylim=(-2, 102))
        figure.legend(*left.get_legend_handles_labels(), loc="outside right center", frameon=False)
        stream = io.StringIO()
        figure.savefig(stream, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return _inline(stream.getvalue())


def _draw(axes: Any, metrics: Sequence[Mapping[str, Any]], key: str, scale: Callable[[float], float]) -> None:
    train, select = _series(metrics, "train", key, scale), _series(metrics, "select", key, scale)
    axes.grid(color=INK, alpha=0.12, linewidth=0.6)
    axes.set_axisbelow(True)
    if train[0]:
        axes.plot(*train, color=TRAIN, alpha=0.3, linewidth=0.8)
        axes.plot(train[0], _smooth(train[1]), color=TRAIN, linewidth=1.6, label="train (mean of 21 steps)")
    if select[0]:
        axes.plot(*select, color=SELECT, linewidth=1.2, marker="o", markersize=3.5, label="select")


def _series(
    metrics: Sequence[Mapping[str, Any]], stream: str, key: str, scale: Callable[[float], float]
) -> tuple[list[int], list[float]]:
    rows = [r for r in metrics if r.get("stream", "train") == stream and _is_number(r.get(key))]
    return [int(r["step"]) for r in rows], [scale(float(r[key])) for r in rows]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _smooth(values: list[float], reach: int = 10) -> list[float]:
    """The mean over up to `reach` neighbours on each side."""
    windows = [values[max(0, i - reach) : i + reach + 1] for i in range(len(values))]
    return [sum(window) / len(window) for window in windows]


def _inline(svg: str) -> str:
    """The svg element alone, scalable, in the page's ink and font."""
    body = svg[svg.index("<svg") :].replace(INK, "currentColor").replace("'DejaVu Sans'", "inherit")
    return body.replace("<svg ", '<svg role="img" aria-label="training curves" ', 1)
