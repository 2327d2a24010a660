"""The card on the terminal."""

from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text


def table(card: dict[str, Any]) -> Group:
    """Accuracies with their controls, smallest changes, worries, gates."""
    parts: list[Text | Table] = [Text(card["title"], style="bold"), _accuracies(card), _sizes(card)]
    parts += [
        Text(f"{c['level'].upper()} {c['name']}: {c['text']}") for c in card["checks"] if c["level"] != "ok"
    ]
    for change in card.get("baseline", {}).get("changes", []):
        if change["clear"]:
            parts.append(
                Text(f"{change['name']}: {_percent(change['then'])} before, {_percent(change['now'])} now")
            )
    for gate in card["gates"]:
        parts.append(Text(f"gate {gate['text']}: {'holds' if gate['passed'] else 'FAILS'}, {gate['why']}"))
    if not card["complete"]:
        parts.append(
            Text(
                "The budget ended before everything was measured: --resume goes on, with a larger --budget "
                "(what is spent counts) or without one."
            )
        )
    return Group(*parts)


def _accuracies(card: dict[str, Any]) -> Table:
    found = _headed("attack", "accuracy", f"{100 * card['level']:g} % interval", "n", "control, same images")
    for line in card["lines"]:
        if line["kind"] != "size":
            figure, control = line["accuracy"], line.get("control")
            beside = f"{_percent(control['value'])} ({line['beside'].partition('@')[0]})" if control else ""
            found.add_row(
                line["name"], _percent(figure["value"]), _bounds(figure), str(line["n"] or "–"), beside
            )
    return found


def _sizes(card: dict[str, Any]) -> Table:
    found = _headed("smallest change", "median", f"{100 * card['level']:g} % interval", "n", "quartiles")
    for line in card["lines"]:
        if line["kind"] == "size":
            middle = line["median"]
            ends = f"{_size(line['lower']['value'])} to {_size(line['upper']['value'])}"
            bounds = f"{_size(middle['low'])} to {_size(middle['high'])}"
            found.add_row(line["text"], _size(middle["value"]), bounds, str(line["n"] or "–"), ends)
    return found


def _headed(*names: str) -> Table:
    found = Table(box=None, pad_edge=False)
    for name in names:
        found.add_column(name)
    return found


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"


def _bounds(figure: dict[str, Any]) -> str:
    return f"{100 * figure['low']:.1f} to {100 * figure['high']:.1f} %" if figure["n"] else "not measured"


def _size(value: float | None) -> str:
    return "more" if value is None else f"{value:.4g}"
