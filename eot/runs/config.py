"""The configuration of a run: read from TOML, checked to the last key, and written back complete."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import tomlkit
from pydantic import BeforeValidator, Field, ValidationError
from pydantic.fields import FieldInfo

from eot.runs import sections
from eot.runs.kinds import Names
from eot.runs.messages import check_keys, explained
from eot.runs.overrides import Raw, merge, parse_overrides
from eot.runs.ranges import RESERVED, Range, complete_ranges
from renders.conditions import QUANTITIES
from renders.errors import InputError

__all__ = ["CONFIG", "RESERVED", "Config", "dump_config", "file_keys", "load_config", "parse_config"]

CONFIG = "config.toml"
NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"


class Config(sections.Table):
    """Everything that decides a run. `conditions` holds every condition, ready for `renders.Conditions`."""

    name: str = Field("run", pattern=NAME, max_length=100, description="name of the run")
    seed: int = Field(0, ge=0, le=2_000_000_000, description="seed of every draw")
    victims: sections.VictimsTable = Field(default_factory=sections.VictimsTable)
    article: sections.ArticleTable = Field(default_factory=sections.ArticleTable)
    sticker: sections.StickerTable = Field(default_factory=sections.StickerTable)
    texture: sections.TextureTable = Field(default_factory=sections.TextureTable)
    surface: sections.SurfaceTable = Field(default_factory=sections.SurfaceTable)
    camera: sections.CameraTable = Field(default_factory=sections.CameraTable)
    backgrounds: sections.BackgroundsTable = Field(default_factory=sections.BackgroundsTable)
    print: sections.PrintTable = Field(default_factory=sections.PrintTable)
    conditions: Annotated[Mapping[str, Range], BeforeValidator(complete_ranges)] = Field(
        default_factory=lambda: complete_ranges({})
    )
    objective: sections.ObjectiveTable = Field(default_factory=sections.ObjectiveTable)
    penalties: sections.PenaltiesTable = Field(default_factory=sections.PenaltiesTable)
    optimiser: sections.OptimiserTable = Field(default_factory=sections.OptimiserTable)
    search: sections.SearchTable = Field(default_factory=sections.SearchTable)
    evaluation: sections.EvaluationTable = Field(default_factory=sections.EvaluationTable)


def load_config(source: Path, overrides: Sequence[str] = ()) -> Config:
    """The configuration in a TOML file or run directory, under overrides such as `optimiser.steps=200`.

    File names are relative to the TOML file, in overrides to the working directory; they come out absolute.

    Raises:
        InputError: one line: what is wrong, where, and the nearest known key.
    """
    path = source / CONFIG if source.is_dir() else source
    if not path.is_file():
        raise InputError(f"{source}: expected a TOML file or a run directory; found none: check the path")
    folder = path.parent.absolute()
    above = _located(parse_overrides(overrides), Path.cwd())
    table = merge(_located(_read(path), folder), above)
    table.setdefault("name", _name_for(folder if path.name == CONFIG else path))
    return parse_config(table, str(source))


def parse_config(table: Mapping[str, Any], where: str) -> Config:
    """The configuration that a table of TOML values makes; `where` it came from stands in errors."""
    try:
        check_keys(table, Config)
        return Config.model_validate(_tuples(dict(table)))
    except ValidationError as error:
        raise InputError(f"{where}: {explained(error, Config)}") from None
    except InputError as error:
        raise InputError(f"{where}: {error}") from None


def dump_config(config: Config) -> str:
    """The complete configuration as TOML; loading it gives the same configuration."""
    document = tomlkit.document()
    for key, value in config.model_dump().items():
        if isinstance(value, Mapping):
            entries = {name: _toml(name, entry) for name, entry in value.items() if entry is not None}
            table = tomlkit.table()
            table.update(entries)
            document.add(key, table)
        else:
            document.add(key, value)
    return tomlkit.dumps(document)


def file_keys() -> dict[str, Names]:
    """The keys whose values name files, `section.key`, with what makes these names absolute."""
    marks = {
        f"{section}.{key}": mark
        for section, key, field in fields()
        for mark in field.metadata
        if isinstance(mark, Names)
    }
    return marks


def fields() -> Iterator[tuple[str, str, FieldInfo]]:
    """Section, key and field of every key that stands in a section of fixed keys."""
    for section, outer in Config.model_fields.items():
        table = outer.annotation
        if isinstance(table, type) and issubclass(table, sections.Table):
            for key, field in table.model_fields.items():
                yield section, key, field


def _read(path: Path) -> Raw:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path}: expected TOML; {error}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: expected text in UTF-8; byte {error.start} is none: save it so") from None
    except OSError as error:
        raise InputError(f"{path}: expected a file that can be read; {error.strerror}") from None


def _located(table: Raw, folder: Path) -> Raw:
    """The table with its file names made absolute."""
    for name, mark in file_keys().items():
        section, key = name.split(".")
        if isinstance(table.get(section), dict) and key in table[section]:
            table = merge(table, {section: {key: mark.located(table[section][key], folder)}})
    return table


def _name_for(path: Path) -> str:
    """The name of a run whose configuration does not say one."""
    stem = path.name.removesuffix(".toml")
    return re.sub(r"[^A-Za-z0-9._-]", "-", stem).lstrip("._-") or "run"


def _tuples(value: Any) -> Any:
    """Lists as tuples, because a frozen configuration holds no lists."""
    if isinstance(value, dict):
        return {key: _tuples(entry) for key, entry in value.items()}
    return tuple(_tuples(entry) for entry in value) if isinstance(value, list) else value


def _toml(name: str, value: Any) -> Any:
    """A value as TOML writes it: a range of one value as a number, whole conditions as whole numbers."""
    if name in QUANTITIES and isinstance(value, tuple):
        ends = [int(end) if QUANTITIES[name].integer else end for end in value]
        return ends[0] if ends[0] == ends[1] else ends
    return [_toml("", item) for item in value] if isinstance(value, tuple) else value
