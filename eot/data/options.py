"""What may stand behind the question mark of a data spec, read strictly."""

from dataclasses import dataclass, fields
from urllib.parse import parse_qsl

from eot.label_file import read_labels
from renders.errors import InputError, nearest


@dataclass(frozen=True)
class Options:
    """How a set is read; which of these a format takes stands in `eot.data.load`.

    Args:
        split: `train`, `test`, or a name the format knows.
        rows: `FIRST:LAST` takes the rows from the first to before the last; empty = all.
        n: a random sample of so many images; 0 = all.
        seed: of that sample.
        px: side of the square that files of differing sizes are brought to.
        classes: how many there are, where the files cannot say; 0 = as the files say.
        labels: a text file with the names of the classes, one a line.
    """

    split: str = "test"
    rows: str = ""
    n: int = 0
    seed: int = 0
    px: int = 224
    classes: int = 0
    labels: str = ""


# What every format takes.
OF_ALL = ("rows", "n", "seed")


def read_options(query: str, kind: str, takes: tuple[str, ...]) -> Options:
    """The options in `split=test&n=200` of a format of this kind, which takes these and `OF_ALL`.

    Raises InputError for unknown names, for options that would change nothing, and for numbers that are none.
    """
    known = {field.name: field.type for field in fields(Options)}
    values: dict[str, str | int] = {}
    for key, text in parse_qsl(query, keep_blank_values=True):
        if key not in known:
            raise InputError(f"data have no option {key!r}: {nearest(key, known)}")
        if key not in (*takes, *OF_ALL):
            raise InputError(
                f"{kind}: expected options among {', '.join((*takes, *OF_ALL))}; got {key!r}: leave it out"
            )
        if known[key] is str:
            values[key] = text
        elif text.isdecimal():
            values[key] = int(text)
        else:
            raise InputError(f"data option {key}: expected a whole number; got {text!r}: correct it")
    options = Options(**values)  # type: ignore[arg-type]
    if options.px < 1:
        raise InputError("data option px: expected at least 1 pixel; got 0: leave it out")
    return options


def chosen_rows(options: Options, count: int) -> slice:
    """The rows of `FIRST:LAST` among so many. Raises InputError unless there are some."""
    if not options.rows:
        return slice(0, count)
    first, _, last = options.rows.partition(":")
    if not (first.isdecimal() and last.isdecimal() and int(first) < min(int(last), count)):
        raise InputError(
            f"data option rows: expected FIRST:LAST among {count} images; got {options.rows!r}: as 0:1000"
        )
    return slice(int(first), min(int(last), count))


def class_names(options: Options) -> tuple[str, ...]:
    """The names in the file of the `labels` option; none without it.

    Raises InputError where the file holds none, or not as many as the `classes` option says.
    """
    if not options.labels:
        return ()
    names = read_labels(options.labels)
    if not names or options.classes not in (0, len(names)):
        raise InputError(
            f"{options.labels}: expected {options.classes or 'some'} names of classes, one a line; "
            f"got {len(names)}: correct the file or the classes option"
        )
    return names
