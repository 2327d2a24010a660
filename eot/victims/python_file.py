"""Victims from the user's own Python: `FILE.py:FACTORY`, a function that returns the model."""

import importlib.util
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from torch import nn

from eot.victims.admit import Claim, admit
from eot.victims.any_victim import AnyVictim
from eot.victims.detector import Setting
from renders.errors import InputError, nearest

ASSUMED_PX = (224, 224)
SHAPES = "a module, (module, input_px) or (module, input_px, labels)"


def load_python(rest: str) -> AnyVictim:
    """The victim that the function FACTORY in `FILE.py:FACTORY` returns when it is called without arguments.

    The module takes sRGB images in [0, 1] at its input size (it normalises by itself) and answers logits, or
    what a `Detector` wants of its module; then it may carry its `setting`. The function returns the module
    alone, `(module, input_px)` or `(module, input_px, labels)`; input_px is a number or (height, width). A
    module alone may carry attributes `input_px`, `labels`, `licence`.

    Raises:
        InputError: no such file or function, or the function raised or returned something else.
    """
    file, _, factory_name = rest.rpartition(":")
    if not file or not factory_name:
        raise InputError(
            f"python victim must be python:FILE.py:FACTORY; got python:{rest}: name the function"
        )
    path = Path(file)
    module, input_px, labels = _parts(_call(_factory(path, factory_name), rest), rest)
    notes = () if input_px is not None else ("input 224 x 224 px assumed: return (module, input_px) to say",)
    claim = Claim(
        name=f"{path.stem}:{factory_name}",
        origin=str(path),
        licence=str(getattr(module, "licence", "not stated")),
        input_px=ASSUMED_PX if input_px is None else _size(input_px, rest),
        labels=_checked_labels(labels, rest),
        notes=notes,
        setting=_setting(module, rest),
    )
    return admit(module, claim)


@contextmanager
def _importable(folder: Path) -> Iterator[None]:
    """The file may import its neighbours, as when it is run as a script."""
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))


def _factory(path: Path, name: str) -> Callable[[], Any]:
    if not path.is_file():
        raise InputError(f"python victim must be a file; {path} does not exist: check the path")
    spec = importlib.util.spec_from_file_location(f"eot_victim_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise InputError(f"python victim must be a .py file; got {path}: check the path")
    python = importlib.util.module_from_spec(spec)
    try:
        with _importable(path.resolve().parent):
            spec.loader.exec_module(python)
    except Exception as error:  # it is the user's code
        raise InputError(
            f"{path} must import cleanly; it raised {_one_line(error)}: run it by itself"
        ) from error
    functions = {key: value for key, value in vars(python).items() if callable(value) and key[0] != "_"}
    if name not in functions:
        raise InputError(f"{path} has no function {name!r}: {nearest(name, functions)}")
    return functions[name]


def _call(factory: Callable[[], Any], rest: str) -> Any:
    try:
        return factory()
    except Exception as error:  # it is the user's code
        raise InputError(
            f"{rest} must return {SHAPES} when called without arguments; it raised {_one_line(error)}"
        ) from error


def _parts(result: Any, rest: str) -> tuple[nn.Module, Any, Any]:
    parts = result if isinstance(result, tuple) else (result,)
    if not 1 <= len(parts) <= 3 or not isinstance(parts[0], nn.Module):
        kinds = ", ".join(type(part).__name__ for part in parts)
        raise InputError(
            f"{rest} must return {SHAPES}; it returned ({kinds}): wrap the model in an nn.Module"
        )
    module = parts[0]
    input_px = parts[1] if len(parts) > 1 else getattr(module, "input_px", None)
    labels = parts[2] if len(parts) > 2 else getattr(module, "labels", ())
    return module, input_px, labels


def _setting(module: nn.Module, rest: str) -> Setting:
    setting = getattr(module, "setting", Setting())
    if isinstance(setting, Setting):
        return setting
    raise InputError(
        f"setting of {rest} must be an eot.victims.Setting; got {type(setting).__name__}: correct it"
    )


def _size(value: Any, rest: str) -> tuple[int, int]:
    pair = (value, value) if isinstance(value, int) else value
    if isinstance(pair, (tuple, list)) and len(pair) == 2 and all(isinstance(side, int) for side in pair):
        return (pair[0], pair[1])
    raise InputError(
        f"input_px of {rest} must be a whole number or (height, width); got {value!r}: correct it"
    )


def _checked_labels(value: Any, rest: str) -> tuple[str, ...]:
    if isinstance(value, (tuple, list)) and all(isinstance(label, str) for label in value):
        return tuple(value)
    raise InputError(
        f"labels of {rest} must be a list of strings; got {type(value).__name__}: list the names"
    )


def _one_line(error: Exception) -> str:
    text = str(error).strip()
    return f"{type(error).__name__}: {text.splitlines()[0][:160]}" if text else type(error).__name__
