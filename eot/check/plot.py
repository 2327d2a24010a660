"""Accuracy over the radius, as SVG."""

import io
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from eot.check.plan import written

FAMILIES = {"noise": "noise of the same size", "fgsm": "FGSM", "pgd": "PGD"}
COLOURS = {"noise": "#8a8f98", "fgsm": "#c2701c", "pgd": "#c8451b"}


def curves(card: dict[str, Any]) -> str:
    """Robust accuracy of each family over eps with its intervals; the clean accuracy at 0."""
    lines = {line["name"]: line for line in card["lines"]}
    figure = Figure(figsize=(7.2, 3.1), layout="constrained")
    axes = figure.subplots()
    for family, label in FAMILIES.items():
        names = [("clean", 0.0)] + [(f"{family}@{written(eps)}", eps) for eps in card["plan"]["eps"]]
        points = [(eps, lines[name]["accuracy"]) for name, eps in names if name in lines and lines[name]["n"]]
        radii, figures = [eps for eps, _ in points], [f for _, f in points]
        axes.fill_between(
            radii,
            [f["low"] for f in figures],
            [f["high"] for f in figures],
            color=COLOURS[family],
            alpha=0.15,
            lw=0,
        )
        axes.plot(
            radii, [f["value"] for f in figures], "o-", color=COLOURS[family], label=label, ms=3.5, lw=1.5
        )
    axes.set(ylim=(-0.02, 1.02), xlabel=f"radius ({card['plan']['norm']})", ylabel="read right")
    axes.set_xticks([0.0, *card["plan"]["eps"]], ["0", *map(written, card["plan"]["eps"])])
    axes.yaxis.set_major_formatter(lambda share, _: f"{100 * share:.0f} %")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    return _svg(figure)


def _svg(figure: Figure) -> str:
    """The same bytes for the same figure; text as text."""
    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": "eot", "svg.fonttype": "none"}):
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :]
