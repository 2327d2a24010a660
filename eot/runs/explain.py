"""The page on configuration, made from the sections themselves: python -m eot.runs.explain."""

import sys
from typing import Any, Literal, get_args, get_origin

import annotated_types
from pydantic.fields import FieldInfo

from eot.runs.config import Config
from eot.runs.kinds import Kind
from eot.runs.messages import section_at
from eot.runs.ranges import SETTABLE

HEAD = """# Configuration

Every key of a TOML file for `eot attack`, its kind, its default and its meaning. Unknown keys are errors.
Any of them can be overridden: `eot attack my.toml --set 'conditions.distance_m=[2,20]'`. File names are
relative to the TOML file, in `--set` to the working directory. `eot attack my.toml --dry-run` prints the
complete, resolved configuration. A setting that decides nothing beside the others (a focal length on a
screen) is named before the run starts and in its report.

This page is generated: `python -m eot.runs.explain > docs/configuration.md`.
"""
CONDITIONS = """What varies between views: a number, or `[low, high]` for uniform draws. \
At its default a condition does exactly nothing.
Signs and axes: [conventions](conventions.md)."""
BOUNDS = (
    (annotated_types.Gt, "gt", ">"),
    (annotated_types.Ge, "ge", "≥"),
    (annotated_types.Lt, "lt", "<"),
    (annotated_types.Le, "le", "≤"),
)


def configuration_page() -> str:
    """docs/configuration.md."""
    sections = {key: section_at(Config, key) for key in Config.model_fields}
    top = {key: field for key, field in Config.model_fields.items() if field.description}
    parts = [HEAD, "## At the top\n", *_table(top)]
    for key, section in sections.items():
        if section is not None:
            parts += [f"\n## [{key}]\n", f"{section.__doc__}\n", *_table(section.model_fields)]
        elif key not in top:
            parts += [f"\n## [{key}]\n", f"{CONDITIONS}\n", *_conditions()]
    return "\n".join(parts) + "\n"


def _table(fields: dict[str, FieldInfo]) -> list[str]:
    rows = [f"| `{key}` | {_kind(f)} | {_default(f)} | {f.description} |" for key, f in fields.items()]
    return ["| key | kind | default | meaning |", "|---|---|---|---|", *rows]


def _conditions() -> list[str]:
    rows = [
        f"| `{name}` | {q.low:g} … {q.high:g}{', whole' if q.integer else ''} | {q.off:g} | {q.meaning} |"
        for name, q in SETTABLE.items()
    ]
    return ["| key | may be | default | meaning |", "|---|---|---|---|", *rows]


def _kind(field: FieldInfo) -> str:
    """What a key takes, with its bounds."""
    for mark in field.metadata:
        if isinstance(mark, Kind):
            return mark.text
    inner = [kind for kind in get_args(field.annotation) if kind is not type(None)]
    if get_origin(field.annotation) is Literal:
        return r" \| ".join(f"`{word}`" for word in inner)
    kind = inner[0] if inner else field.annotation
    names: dict[Any, str] = {str: "text", int: "whole number", float: "number", bool: "true or false"}
    limits = [
        f"{sign} {getattr(mark, name):g}"
        for mark in field.metadata
        for limit, name, sign in BOUNDS
        if isinstance(mark, limit)
    ]
    return ", ".join([names[kind], *limits])


def _default(field: FieldInfo) -> str:
    if field.default is None:
        return "–"
    if isinstance(field.default, bool):
        return f"`{str(field.default).lower()}`"
    return f"`{list(field.default) if isinstance(field.default, tuple) else field.default}`"


if __name__ == "__main__":
    sys.stdout.write(configuration_page())
