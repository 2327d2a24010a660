"""Figures as inline SVG that take the page's text colour, with the same bytes for the same numbers."""

import io
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

# Stand for colours of the page until the SVG is written; no other part of a figure uses them.
INK, TRAIN, SELECT = "#010203", "#010204", "#010205"
PAGE = {INK: "currentColor", TRAIN: "var(--train)", SELECT: "var(--select)"}
STYLE: dict[Any, Any] = {
    "svg.hashsalt": "eot",
    "svg.fonttype": "none",
    "font.size": 9,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def training_curves(metrics: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Loss and success over the steps, as one SVG each; none without records."""
    if not metrics:
        return ()
    return (
        _figure("loss", metrics, "loss", float, {}),
        _figure("success, % of views", metrics, "success", lambda share: 100 * share, {"ylim": (-2, 102)}),
    )


def _figure(
    title: str,
    metrics: Sequence[Mapping[str, Any]],
    key: str,
    scale: Callable[[float], float],
    settings: Mapping[str, Any],
) -> str:
    def draw(axes: Any) -> None:
        _draw(axes, metrics, key, scale)
        axes.set(xlabel="step", **settings)

    return drawn(title, f"{title} by step", draw)


def drawn(title: str, label: str, draw: Callable[[Any], None]) -> str:
    """The figure that `draw` puts on the axes it is given; `label` says in words what it shows."""
    # The figure class alone: pyplot would keep every figure and choose a window system.
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(STYLE):
        figure = Figure(figsize=(4.9, 2.9), layout="constrained")
        axes = figure.subplots()
        draw(axes)
        axes.set_title(title, loc="left", fontsize=9.5)
        stream = io.StringIO()
        figure.savefig(stream, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return _inline(stream.getvalue(), label)


def _draw(axes: Any, metrics: Sequence[Mapping[str, Any]], key: str, scale: Callable[[float], float]) -> None:
    train, select = _series(metrics, "train", key, scale), _series(metrics, "select", key, scale)
    axes.grid(color=INK, alpha=0.12, linewidth=0.6)
    axes.set_axisbelow(True)
    if train[0]:
        axes.plot(*train, color=TRAIN, alpha=0.3, linewidth=0.8)
        axes.plot(train[0], _smooth(train[1]), color=TRAIN, linewidth=1.6)
    if select[0]:
        axes.plot(*select, color=SELECT, linewidth=1.2, marker="o", markersize=3)


def _series(
    metrics: Sequence[Mapping[str, Any]], stream: str, key: str, scale: Callable[[float], float]
) -> tuple[list[int], list[float]]:
    rows = [r for r in metrics if r.get("stream", "train") == stream and _is_number(r.get(key))]
    return [int(r["step"]) for r in rows], [scale(float(r[key])) for r in rows]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _smooth(values: list[float], reach: int = 10) -> list[float]:
    """The mean over up to `reach` neighbours on each side, as many on one as on the other."""
    reaches = [min(i, len(values) - 1 - i, reach) for i in range(len(values))]
    windows = [values[i - r : i + r + 1] for i, r in enumerate(reaches)]
    return [sum(window) / len(window) for window in windows]


def _inline(svg: str, label: str) -> str:
    """The svg element alone, scalable, in the page's ink and font."""
    body = svg[svg.index("<svg") :].replace("'DejaVu Sans'", "inherit")
    for colour, name in PAGE.items():
        body = body.replace(colour, name)
    return body.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)
