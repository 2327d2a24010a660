"""What every section of a configuration is: strict, closed and frozen."""

from pydantic import BaseModel, ConfigDict

from renders.errors import InputError


class Table(BaseModel):
    """A section: strict, closed and frozen."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


def wanted(key: str, reason: str) -> InputError:
    """The error for a key that must have a value here."""
    return InputError(f"{key}: expected a value, found none: {reason}")
