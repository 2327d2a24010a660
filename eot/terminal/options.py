"""Arguments and options that several commands share."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class DeviceName(StrEnum):
    """Where to compute."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"


Source = Annotated[Path, typer.Argument(metavar="CONFIG.toml|RUN_DIR", help="What to attack.")]
Run = Annotated[Path, typer.Argument(metavar="RUN_DIR", help="A run directory.")]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Override a key, e.g. 'conditions.distance_m=[2,20]'."),
]
Rasteriser = Annotated[
    str, typer.Option("--rasteriser", metavar="NAME", help="The same as --set camera.rasteriser=NAME.")
]
Device = Annotated[DeviceName, typer.Option(help="Where to compute.")]
Threads = Annotated[int, typer.Option(min=0, help="CPU threads; 0 = as many as there are cores.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Force = Annotated[bool, typer.Option("--force", help="Replace the run that is there.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on where the run was cut off.")]
Models = Annotated[
    list[str] | None, typer.Option("--victim", metavar="SPEC", help="Another model; may be repeated.")
]
