"""Which version of this product and of other packages is installed; imports nothing heavy."""

import importlib.metadata

DISTRIBUTION = "eot-toolkit"


def version() -> str:
    """The version of this product; `source` where it is not installed."""
    return version_of(DISTRIBUTION) or "source"


def version_of(name: str) -> str | None:
    """The version of an installed package; None where there is none."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
