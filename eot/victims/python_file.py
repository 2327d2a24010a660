"""Victims from the user's own Python: `FILE.py:FACTORY`, a function that returns the model."""

import hashlib
import importlib.util
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import nn

from eot.victims.admit import Claim, admit
from eot.victims.any_victim import AnyVictim
from eot.victims.detector import Setting
from renders.errors import InputError, nearest

ASSUMED_PX = (224, 224)
SHAPES = "a module, (module, input_px) or (module, input_px, labels)"
PRODUCT = ("eot", "textures", "renders")
INSTALLED = {"site-packages", "dist-packages"}
# Of each folder the neighbours that its files imported, by name, so that they are run once only.
NEIGHBOURS: dict[Path, dict[str, ModuleType]] = {}


def load_python(rest: str) -> AnyVictim:
    """The victim that the function FACTORY in `FILE.py:FACTORY` returns when it is called without arguments.

    The module takes sRGB images in [0, 1] at its input size (it normalises by itself) and answers logits, or
    what a `Detector` wants of its module; then it may carry its `setting`. The function returns the module
    alone, `(module, input_px)` or `(module, input_px, labels)`; input_px is a number or (height, width). A
    module alone may carry attributes `input_px`, `labels`, `licence`.

    The file and FACTORY may import what lies beside the file, as a script may. Each folder has neighbours of
    its own: those of another victim with the same names are not seen. Neighbours can be imported until
    FACTORY returns; a `forward` that imports one itself is refused, so import it at the top of a file.

    Raises:
        InputError: no such file or function, or the function raised or returned something else.
    """
    file, _, factory_name = rest.rpartition(":")
    if not file or not factory_name:
        raise InputError(
            f"python victim must be python:FILE.py:FACTORY; got python:{rest}: name the function"
        )
    path = Path(file)
    module, input_px, labels = _parts(_made(path, factory_name, rest), rest)
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
    return _admitted(module, claim, rest)


def _admitted(module: nn.Module, claim: Claim, rest: str) -> AnyVictim:
    try:
        return admit(module, claim)
    except InputError as error:
        if not isinstance(error.__cause__, ImportError):
            raise
        raise InputError(
            f"{rest} must have imported all it needs when it returns; its forward raised "
            f"{_one_line(error.__cause__)}: import that at the top of the file"
        ) from error


def _made(path: Path, factory_name: str, rest: str) -> Any:
    """What the function `factory_name` of the file returns."""
    python = _registered(path)
    with _neighbours(path.resolve().parent):
        _execute(python, path)
        return _call(_factory(python, path, factory_name), rest)


def _registered(path: Path) -> ModuleType:
    """The file as a module that is yet to be executed, under a name of its own: dataclasses look it up."""
    if not path.is_file():
        raise InputError(f"python victim must be a file; {path} does not exist: check the path")
    digest = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:8]
    spec = importlib.util.spec_from_file_location(f"eot_victim_{path.stem}_{digest}", path)
    if spec is None or spec.loader is None:
        raise InputError(f"python victim must be a .py file; got {path}: check the path")
    python = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = python
    return python


def _execute(python: ModuleType, path: Path) -> None:
    assert python.__spec__ is not None and python.__spec__.loader is not None
    try:
        python.__spec__.loader.exec_module(python)
    except Exception as error:  # it is the user's code
        sys.modules.pop(python.__name__, None)
        raise InputError(
            f"{path} must import cleanly; it raised {_one_line(error)}: run it by itself"
        ) from error


def _factory(python: ModuleType, path: Path, name: str) -> Callable[[], Any]:
    functions = {key: value for key, value in vars(python).items() if callable(value) and key[0] != "_"}
    if name not in functions:
        raise InputError(f"{path} has no function {name!r}: {nearest(name, functions)}")
    return functions[name]


@contextmanager
def _neighbours(folder: Path) -> Iterator[None]:
    """What lies in the folder can be imported, and nothing of that name from another folder.

    What is built in, installed or of this product is shared by all. Afterwards modules and the places to look
    for them are as before, except for what came from outside the folder.
    """
    hidden = _taken_out(name for name in _loaded() if _is_hidden(name, folder))
    shared, places = _loaded(), list(sys.path)
    known = NEIGHBOURS.get(folder, {})
    sys.modules.update({name: known[name] for name in known if _top(name) not in shared})
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        NEIGHBOURS[folder] = _taken_out(name for name in _loaded() - shared if _lies_in(name, folder))
        sys.modules.update(hidden)
        if str(folder) in sys.path:
            sys.path.remove(str(folder))
        sys.path[:] = [p for p in sys.path if p in places or not Path(p).resolve().is_relative_to(folder)]


def _top(name: str) -> str:
    return name.partition(".")[0]


def _loaded() -> set[str]:
    """The names of the modules and packages that have been imported, without those inside packages."""
    return {name for name in sys.modules if name == _top(name) and not name.startswith("__")}


def _taken_out(names: Iterable[str]) -> dict[str, ModuleType]:
    """The modules of these names and all inside them, which nobody finds any longer."""
    tops = set(names)
    return {name: sys.modules.pop(name) for name in list(sys.modules) if _top(name) in tops}


def _is_hidden(name: str, folder: Path) -> bool:
    """Whether a loaded module has the name of something else that lies in the folder."""
    home = _home(name)
    if home is None or name in sys.stdlib_module_names:
        return False
    found = PathFinder.find_spec(name, [str(folder)])
    return found is not None and _place(found) != home


def _lies_in(name: str, folder: Path) -> bool:
    home = _home(name)
    return home is not None and (home.is_relative_to(folder) or home.resolve().is_relative_to(folder))


def _home(name: str) -> Path | None:
    """Where a loaded module lies; None if it is installed, built in or of this product."""
    spec = getattr(sys.modules[name], "__spec__", None)
    if not isinstance(spec, ModuleSpec) or name in PRODUCT:
        return None
    place = _place(spec)
    return None if place is None or INSTALLED & set(place.parts) else place


def _place(spec: ModuleSpec) -> Path | None:
    """The file of a module, or the folder of a package that has none."""
    places = [spec.origin] if spec.has_location else list(spec.submodule_search_locations or ())
    return Path(places[0]) if places and places[0] else None


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
