"""`eot study`: repeats a founding result of the field and writes its page with figures and numbers."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path

from eot.commands.tick import Tick
from eot.commands.train_signs import check_writable
from eot.studies.directions import directions
from eot.studies.distillation import distillation
from eot.studies.lbfgs_transfer import lbfgs_transfer
from eot.studies.linearity import linearity
from eot.studies.madry import madry
from eot.studies.page import Page
from eot.studies.study import Setup
from renders.errors import InputError, nearest
from textures.write import write_files

STUDIES: dict[str, Callable[[Setup], Generator[Tick, None, Page]]] = {
    "linearity": linearity,
    "lbfgs-transfer": lbfgs_transfer,
    "directions": directions,
    "distillation": distillation,
    "madry": madry,
}


@dataclass(frozen=True)
class Request:
    """What the user asked for."""

    name: str
    setup: Setup
    out: Path


def study(request: Request) -> Generator[Tick, None, list[Path]]:
    """The files of the finished page.

    Raises:
        InputError: an unknown study, data that are not there, a folder that cannot be written.
    """
    if request.name not in STUDIES:
        raise InputError(f"there is no study {request.name!r}: {nearest(request.name, STUDIES)}")
    for folder in (request.out, request.setup.models):
        check_writable(folder)
    page = yield from STUDIES[request.name](request.setup)
    return write_files(request.out, page.files())
