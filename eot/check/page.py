"""card.html: the card for people, one self-contained page."""

from typing import Any

from markupsafe import Markup

from eot.check.plot import curves
from eot.evidence.findings import Grade
from eot.report.html import WORST_FIRST, environment
from eot.report.words import number


def page(card: dict[str, Any], command: str, origin: list[tuple[str, str]]) -> bytes:
    """The bytes of card.html; everything given is escaped."""
    template = environment().get_template("card.html.j2")
    checks = sorted(card["checks"], key=lambda check: WORST_FIRST.index(Grade(check["level"])))
    controls = {line["beside"] for line in card["lines"]}
    text = template.render(
        card=card,
        checks=checks,
        accuracies=[
            _rated(line) for line in card["lines"] if line["kind"] != "size" and line["name"] not in controls
        ],
        sizes=[_sized(line) for line in card["lines"] if line["kind"] == "size"],
        changes=card.get("baseline", {}).get("changes", []),
        # The only markup not written in the template: matplotlib's, from numbers and our own words.
        curves=Markup(curves(card)),
        command=command,
        origin=origin,
    )
    return text.encode()


def _rated(line: dict[str, Any]) -> dict[str, Any]:
    """A line with its rates in the form that the report's templates draw."""
    control = line.get("control")
    return {**line, "rate": _rate(line["accuracy"]), "control_rate": control and _rate(control)}


def _rate(figure: dict[str, Any]) -> dict[str, Any]:
    return {"rate": figure["value"], "low": figure["low"], "high": figure["high"], "n": figure["n"]}


def _sized(line: dict[str, Any]) -> dict[str, Any]:
    """A line with its sizes as words."""

    def words(value: float | None) -> str:
        return "more than was tried" if value is None else number(value)

    middle = line["median"]
    return {
        **line,
        "value": words(middle["value"]),
        "bounds": f"{words(middle['low'])} to {words(middle['high'])}",
        "quartiles": f"{words(line['lower']['value'])} to {words(line['upper']['value'])}",
    }
