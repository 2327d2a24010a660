"""report.html: one self-contained page for people; nothing is fetched, everything given is escaped."""

import base64
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from eot.report.contents import ArticlePicture, Contents
from eot.report.figures import training_curves
from eot.report.gallery import Gallery, encoded
from eot.report.json_report import report_record

TEMPLATES = Path(__file__).parent / "templates"
THIN = "\N{NARROW NO-BREAK SPACE}"


def html_report(contents: Contents) -> bytes:
    """The bytes of report.html."""
    page = _environment().get_template("report.html.j2")
    curves = training_curves(contents.metrics)
    record = report_record(contents)
    text = page.render(
        report=record,
        claim=_claim(record, contents.article),
        article=contents.article and _article(contents.article),
        gallery=contents.gallery and _gallery(contents.gallery),
        rows=_table_of_cells(contents),
        # The only markup not written here: matplotlib's, from numbers and our own words.
        curves=curves and Markup(curves),
        origin=contents.origin,
    )
    return text.encode()


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = percent
    environment.filters["interval"] = interval
    environment.filters["count"] = count
    environment.filters["p_value"] = p_value
    environment.filters["number"] = number
    return environment


def percent(share: float | None) -> str:
    """A share as a percentage with one decimal, or a dash where there is none."""
    return "–" if share is None else f"{100 * share:.1f}{THIN}%"


def interval(rate: dict[str, Any]) -> str:
    """The bounds of a rate, in percent."""
    return f"{100 * rate['low']:.1f} to {100 * rate['high']:.1f}{THIN}%"


def count(n: int) -> str:
    """A whole number with thin spaces between thousands."""
    return f"{n:,}".replace(",", THIN)


def p_value(p: float) -> str:
    """A p-value with its sign: = or <."""
    return "< 0.0001" if p < 1e-4 else f"= {p:.4f}"


def number(value: float) -> str:
    """A number of at most four digits, a true minus before it where it is negative."""
    return f"{value:.4g}".replace("-", "\N{MINUS SIGN}")


def _claim(record: dict[str, Any], article: ArticlePicture | None) -> str:
    """What happened, as the words before the rate."""
    names = [victim["name"] for victim in record["victims"]]
    who = names[0] if len(names) == 1 else f"All {len(names)} victims"
    what = f"the test article ({article.name})" if article else "the test article"
    goal = record["objective"]
    if goal["target"]:
        return f"{who} read {what} as “{goal['target']['label']}” on"
    if goal["label"]:
        return f"{who} did not read {what} as “{goal['label']['label']}” on"
    return f"{who} read {what} as the attack wanted on"


def _data_uri(data: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def _article(article: ArticlePicture) -> dict[str, Any]:
    return {
        "name": article.name,
        "id": article.identifier,
        "picture": _data_uri(encoded(article.image, "PNG"), "png"),
        "width_mm": article.width_mm,
        "height_mm": article.height_mm,
        "coverage": article.coverage,
        "files": article.files,
    }


def _gallery(gallery: Gallery) -> dict[str, Any]:
    rows = [
        {
            "article": name,
            "shots": [{"shot": shot, "picture": _data_uri(shot.jpeg, "jpeg")} for shot in row],
        }
        for name, row in zip(gallery.articles, gallery.rows, strict=True)
    ]
    return {"places": gallery.places, "rows": rows}


def _table_of_cells(contents: Contents) -> list[dict[str, Any]]:
    """The heat map, farthest row last; empty where all views are in one cell."""
    rows = contents.cells.rows
    if len(contents.cells.cells) < 2:
        return []
    return [{"distance_m": row[0].distance_m, "cells": row} for row in rows]
