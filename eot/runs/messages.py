"""What is wrong with a configuration, in one line for people."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from eot.runs.kinds import Kind
from renders.errors import InputError, nearest


def check_keys(table: Mapping[str, Any], model: type[BaseModel], place: str = "") -> None:
    """Raises InputError for the first unknown key: before all else, as it often explains a missing value."""
    for key, value in table.items():
        if key not in model.model_fields:
            raise InputError(f"{place}{key} is not a key: {nearest(key, model.model_fields)}")
        section = section_at(model, key)
        if section is not None:
            if not isinstance(value, Mapping):
                raise InputError(f"{key}: expected a table; got {shown(value)}: write a [{key}] section")
            check_keys(value, section, f"{key}.")


def section_at(model: type[BaseModel], key: str) -> type[BaseModel] | None:
    """The fixed keys below a key of a model, where it is a section of such."""
    inner = model.model_fields[key].annotation
    return inner if isinstance(inner, type) and issubclass(inner, BaseModel) else None


def explained(error: ValidationError, model: type[BaseModel]) -> InputError:
    """The first of the errors: the key, what it expects and what came."""
    first = error.errors(include_url=False)[0]
    key, *rest = (str(step) for step in first["loc"])
    section = section_at(model, key)
    if section is None:
        field = model.model_fields[key]
    else:
        field, key = section.model_fields[rest[0]], f"{key}.{rest[0]}"
    kind = next((mark.text for mark in field.metadata if isinstance(mark, Kind)), None)
    return InputError(f"{key}: expected {_expected(first, kind)}; got {shown(first['input'])}")


def _expected(error: ErrorDetails, kind: str | None) -> str:
    """In the words of pydantic where these are telling, else the name of the kind."""
    if error["type"] == "too_short":
        return "at least one value"
    if error["type"] == "string_pattern_mismatch":
        return f"text that matches {error['ctx']['pattern']}"
    if kind is not None and error["type"] not in ("finite_number", "greater_than"):
        return kind
    return error["msg"].removeprefix("Input should be ").removeprefix("String should have ")


def shown(value: Any, longest: int = 80) -> str:
    """A value as an error line shows it."""
    plain = repr(_listed(value))
    return plain if len(plain) <= longest else plain[: longest - 3] + "..."


def _listed(value: Any) -> Any:
    return [_listed(item) for item in value] if isinstance(value, tuple) else value
