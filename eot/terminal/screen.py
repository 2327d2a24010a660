"""Where results, progress and errors go, and what the work computes on."""

import json
import os
import sys
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import typer

from eot.terminal.options import DeviceName

if TYPE_CHECKING:
    import torch

    from eot.commands.tick import Tick

Result = TypeVar("Result")
UNBROKEN = 240


def prepare(device: DeviceName, threads: int) -> "torch.device":
    """The device to compute on, with the number of threads set."""
    import torch

    from renders.errors import InputError

    if threads:
        torch.set_num_threads(threads)
    if device is DeviceName.CUDA and not torch.cuda.is_available():
        raise InputError("--device cuda: expected a CUDA device, found none: use --device cpu")
    gpu = device is DeviceName.CUDA or (device is DeviceName.AUTO and torch.cuda.is_available())
    return torch.device("cuda" if gpu else "cpu")


def watch(work: Generator["Tick", None, Result]) -> Result:
    """The result of the work, with its progress on stderr meanwhile."""
    from eot.terminal.bars import Bars

    with Bars(sys.stderr) as bars:
        while True:
            try:
                bars.show(next(work))
            except StopIteration as end:
                return end.value


def show(result: Any, as_json: bool) -> None:
    """Prints a result on stdout: its record as JSON, or its table."""
    if as_json:
        typer.echo(json.dumps(result.record(), indent=2))
        return
    from rich.console import Console

    # Into a file or another program rows go unbroken: nobody there sees a width of 80.
    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else UNBROKEN
    Console(width=width).print(result.table())


def show_paths(paths: Iterable[Path]) -> None:
    """Prints the files that were written, one a line."""
    for path in paths:
        typer.echo(path)


def caution(line: str) -> None:
    """One line on stderr about what goes on all the same."""
    typer.echo("caution: " + " ".join(line.split()), err=True)


def fail(line: str, code: int) -> NoReturn:
    """Ends the program with one line on stderr."""
    typer.echo("eot: " + " ".join(line.split()), err=True)
    raise typer.Exit(code)
