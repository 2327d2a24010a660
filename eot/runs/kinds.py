"""The kinds of values that a configuration holds: how the page calls them, and which of them name files."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import unquote_plus

from pydantic import Field

# Words that stand where a file name may stand.
MASKS = ("rectangles", "full", "auto")
PRINTERS = ("none", "fogra39")
STARTS = ("grey", "noise", "face")
ESCAPED = str.maketrans({"%": "%25", "+": "%2B", "&": "%26"})


@dataclass(frozen=True)
class Kind:
    """How people call a kind that its Python type does not name well."""

    text: str


@dataclass(frozen=True)
class Names:
    """Marks a key whose text names a file; `find` puts the file's full path into it."""

    find: Callable[[str, Path], str]

    def located(self, value: Any, folder: Path) -> Any:
        """The value with file names made absolute, seen from `folder`; what is no text stays as it is."""
        if isinstance(value, list):
            return [self.located(item, folder) for item in value]
        return self.find(value, folder) if isinstance(value, str) and value else value


def absolute(name: str, folder: Path) -> str:
    """The full path of a file named from `folder`; ~ is the user's home."""
    return str((folder / Path(name).expanduser()).resolve())


def words_or_file(*words: str) -> Names:
    """For keys that hold one of these words, or the name of a file."""
    return Names(lambda text, folder: text if text in words else absolute(text, folder))


def _victim(spec: str, folder: Path) -> str:
    """The files inside the name of a victim (see `eot.victims.load_victim`)."""
    kind, _, rest = spec.partition(":")
    if kind == "python":
        file, colon, factory = rest.rpartition(":")
        return f"python:{absolute(file, folder)}:{factory}" if file and colon else spec
    if kind in ("command", "http", "https"):
        asked, mark, options = spec.partition("#")
        return f"{asked}{mark}{_options(options, folder)}"
    if kind == "transformers":  # a folder where there is one, else a name in the hub
        return f"{kind}:{absolute(rest, folder)}" if Path(absolute(rest, folder)).is_dir() else spec
    if kind in ("file", "program", "onnx"):
        file, mark, options = rest.partition("?")
        return f"{kind}:{absolute(file, folder)}{mark}{_options(options, folder)}"
    name, at, file = rest.partition("@")
    return f"{kind}:{name}@{absolute(file, folder)}" if at else spec


def _options(options: str, folder: Path) -> str:
    """The options of a victim, `a=1&labels=FILE`, with the file located."""
    return "&".join(_labels(option, folder) for option in options.split("&"))


def _labels(option: str, folder: Path) -> str:
    name, _, value = option.partition("=")
    if name != "labels" or not value:
        return option
    # Loaders read options as those of an address, in which these three mean something.
    return f"labels={absolute(unquote_plus(value), folder).translate(ESCAPED)}"


Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]
Box = tuple[float, float, float, float]
Corner = tuple[float, float]
Corners = tuple[Corner, Corner, Corner, Corner]

File = Annotated[str | None, Kind("file"), Names(absolute)]
Mask = Annotated[str, Kind("text or file"), words_or_file(*MASKS)]
Printer = Annotated[str, Kind("text or file"), words_or_file(*PRINTERS)]
Start = Annotated[str, Kind("text or file"), words_or_file(*STARTS)]
CornersOrFile = Annotated[Corners | str | None, Kind("four [x, y] or file"), Names(absolute)]
ClassName = Annotated[str | int | None, Kind("text or whole number")]
Place = Annotated[Corner, Kind("[x, y]")]
Boxes = Annotated[tuple[Box, ...], Kind("array of [x, y, w, h]")]
Colours = Annotated[tuple[Colour, ...], Kind("array of '#rrggbb'")]
Unit = Annotated[Literal["m", "cm", "mm", "in", "ft"] | None, Kind("`m`, `cm`, `mm`, `in`, `ft`")]
Samples = Annotated[Literal[1, 2, 4], Kind("1, 2 or 4")]
Numbers = Annotated[tuple[int, ...], Kind("array of whole numbers")]
Models = Annotated[tuple[str, ...], Field(min_length=1), Kind("array of text"), Names(_victim)]
Weight = Annotated[float, Field(gt=0)]
Weights = Annotated[tuple[Weight, ...], Kind("array of numbers")]
