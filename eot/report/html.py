"""report.html: one self-contained page for people; nothing is fetched, everything given is escaped."""

import base64
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from eot.evidence.cells import DISTANCE
from eot.evidence.findings import Grade
from eot.objectives import UNREAD
from eot.report.contents import ArticlePicture, Contents
from eot.report.detection import recall_curves
from eot.report.figures import training_curves
from eot.report.gallery import Draw, Gallery, Shot, encoded
from eot.report.json_report import report_record
from eot.report.model import Model, corner_uvs, corners, script_policy, texture_uri, viewer_script
from eot.report.words import FILTERS, extent

TEMPLATES = Path(__file__).parent / "templates"
# What is printed whole, most wanted first.
WHOLE = ("sheet.pdf", ".pdf", ".3mf", ".glb", ".obj")
FEW_FILES = 3
WORST_FIRST = (Grade.FAIL, Grade.WARN, Grade.OK)


def html_report(contents: Contents) -> bytes:
    """The bytes of report.html."""
    page = environment().get_template("report.html.j2")
    record = report_record(contents)
    text = page.render(
        report=record,
        claim=_claim(record, contents.article),
        article=contents.article and _article(contents.article),
        checks=sorted(record["checks"], key=lambda check: WORST_FIRST.index(check["level"])),
        gallery=contents.gallery and _gallery(contents.gallery),
        rows=_table_of_cells(contents),
        table=contents.cells,
        model=contents.model and _model(contents.model),
        policy=script_policy() if contents.model else "'none'",
        # The markup that is not escaped: our own script, and matplotlib's, from numbers and our own words.
        viewer=Markup(viewer_script()),
        recalls=[Markup(figure) for figure in recall_curves(contents.evaluation)],
        curves=[Markup(curve) for curve in training_curves(contents.metrics)],
        origin=contents.origin,
        configuration=contents.configuration,
    )
    return text.encode()


def environment() -> Environment:
    """The templates with the filters that write numbers; everything is escaped."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= FILTERS
    environment.globals["extent"] = extent
    return environment


def _claim(record: dict[str, Any], article: ArticlePicture | None) -> str:
    """What happened, as the words before the rate."""
    names = [victim["name"] for victim in record["victims"]]
    who = names[0] if len(names) == 1 else f"All {len(names)} victims"
    what = f"the test article ({article.name})" if article else "the test article"
    goal = record["objective"]
    if record["detection"]:
        return f"{who}, shown {what}: {_aim(goal)}, on"
    if goal["target"]:
        return f"{who} read {what} as “{goal['target']['label']}” on"
    if goal["label"] and goal["text"] != UNREAD:
        done = goal["text"].replace("to be", "is").replace("to have", "has")
        return f"{who}, shown {what}: the thing {done}, on"
    if goal["label"]:
        return f"{who} did not read {what} as “{goal['label']['label']}” on"
    return f"{who} read {what} as the attack wanted on"


def _aim(goal: dict[str, Any]) -> str:
    """What was wanted of a detector, with the classes by name."""
    if goal["label"] and goal["target"]:
        return f"“{goal['label']['label']}” is found as “{goal['target']['label']}”"
    if goal["label"]:
        return f"“{goal['label']['label']}” is {goal['text'].replace('not to be', 'not')}"
    if goal["target"]:
        return f"a “{goal['target']['label']}” is found where there is none"
    return goal["text"].replace("to have fewer", "fewer").replace(" found", " are found")


def picture_uri(data: bytes, kind: str) -> str:
    """A picture inside the page itself."""
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def _article(article: ArticlePicture) -> dict[str, Any]:
    return {
        "name": article.name,
        "id": article.identifier,
        "picture": picture_uri(encoded(article.image, "PNG"), "png"),
        "width_mm": article.width_mm,
        "height_mm": article.height_mm,
        "coverage": article.coverage,
        **_prints(article.files),
    }


def _prints(files: tuple[str, ...]) -> dict[str, Any]:
    """The first few files to print, sheets and meshes before their parts; how many more there are."""
    whole = [file for kind in WHOLE for file in files if file.endswith(kind)]
    shown = list(dict.fromkeys([*whole, *files]))[:FEW_FILES]
    return {"files": shown, "more_files": len(files) - len(shown)}


def _model(model: Model) -> dict[str, Any]:
    return {
        "places": corners(model.mesh),
        "uvs": corner_uvs(model.mesh),
        "faces": len(model.mesh.faces),
        "skins": {name: texture_uri(image) for name, image in model.textures.items()},
    }


def _gallery(gallery: Gallery) -> dict[str, Any]:
    return {
        "seed": gallery.seed,
        "places": [shot.place for shot in gallery.rows[0]],
        "rows": [
            {"article": name, "shots": _shots(row)}
            for name, row in zip(gallery.articles, gallery.rows, strict=True)
        ],
        "draws": [_draw("successes", gallery.successes), _draw("failures", gallery.failures)],
    }


def _draw(name: str, draw: Draw) -> dict[str, Any]:
    return {"name": name, "total": draw.total, "shots": _shots(draw.shots)}


def _shots(shots: tuple[Shot, ...]) -> list[dict[str, Any]]:
    return [{"shot": shot, "picture": picture_uri(shot.jpeg, "jpeg")} for shot in shots]


def _table_of_cells(contents: Contents) -> list[dict[str, Any]]:
    """The heat map, farthest or lowest row last; empty where all views are in one cell."""
    table = contents.cells
    if len(table.cells) < 2:
        return []
    rows = table.rows if table.down is DISTANCE else table.rows[::-1]
    return [{"range": extent(*row[0].down, table.down.unit), "cells": row} for row in rows]
