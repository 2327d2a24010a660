"""Photos of a finished run, taken once."""

import shutil
from pathlib import Path

import pytest

from eot.photos.rehearsal.camera import Plane, Stand
from tests.eot.photos.album import CAMERA, STANDS
from tests.eot.photos.printed import printed
from tests.eot.photos.sheets import shoot


def take(folder: Path, planes: dict[str, Plane], stands: tuple[Stand, ...] = STANDS) -> Path:
    """A folder of photos, every arm from every stand."""
    folder.mkdir(exist_ok=True)
    for arm, shown in planes.items():
        for index, stand in enumerate(stands):
            jpeg = shoot(shown, stand, seed=index, camera=CAMERA)
            (folder / f"{arm}-{index}.jpg").write_bytes(jpeg)
    return folder


@pytest.fixture(scope="session")
def taken(_made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Photos of two arms of the tiny run, taken once, and the run's sheet.json beside them."""
    folder = tmp_path_factory.mktemp("taken")
    run = folder / "run"
    shutil.copytree(_made / "runs" / "tiny", run)
    take(folder / "shots", printed(run, ("attack", "clean")))
    return folder


@pytest.fixture
def shots(finished: Path, taken: Path) -> Path:
    """A folder of photos of the finished run, a copy for this test alone."""
    shutil.copytree(taken / "run" / "article", finished / "article", dirs_exist_ok=True)
    shutil.copytree(taken / "shots", "shots")
    return Path("shots")
