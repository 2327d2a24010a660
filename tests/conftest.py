"""What several test files share: a run small enough to be made in a test, and the command line in process."""

import shutil
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

# Our modules are checked as they are imported, and what they import meanwhile is compiled anew, which takes
# a quarter of a minute: so the large libraries come first.
for library in ("torchvision", "trimesh", "scipy.stats", "matplotlib.figure", "reportlab.pdfgen.canvas"):
    import_module(library)

import cli  # noqa: E402

ROOT = Path(__file__).parents[1]
TINY = """
seed = 7

[victims]
models = ["python:{root}/tests/tiny_net.py:net"]

[article]
kind = "sign"
sign = "mutcd-r1-1-stop"
width_mm = 150
texels = 32

[sticker]
mask = "rectangles"
area = 0.3
boxes = [[0.25, 0.1, 0.5, 0.2], [0.25, 0.7, 0.5, 0.2]]

[camera]
focal_px = 3000
output_px = 16

[backgrounds]
kind = "folder"
folder = "backgrounds"

[conditions]
distance_m = [0.6, 2]
yaw_deg = [-30, 30]
read_noise = [0, 0.02]
jpeg_quality = [60, 90]

[objective]
label = "stop"
target = "yield"

[optimiser]
rate = 0.1
steps = 8
views = 2

[search]
select_every = 3
select_views = 4

[evaluation]
views = 12
distance_cells = 2
yaw_cells = 2
"""
Result = tuple[int, str, str]


@pytest.fixture
def eot() -> Callable[..., Result]:
    """Runs a command in this process: exit code, stdout, stderr. Anything but a clean exit is raised."""

    def call(*words: str | Path) -> Result:
        result = CliRunner().invoke(cli.app, [str(word) for word in words])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.stdout, result.stderr

    return call


def _prepare(folder: Path) -> Path:
    """The configuration of a run of a second, and the two backgrounds that it needs."""
    (folder / "backgrounds").mkdir()
    for index in range(2):
        picture(folder / "backgrounds" / f"{index}.png", (40, 40), seed=index)
    source = folder / "tiny.toml"
    source.write_text(TINY.format(root=ROOT), encoding="utf-8")
    return source


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration in a working directory of its own."""
    monkeypatch.chdir(tmp_path)
    return _prepare(tmp_path)


@pytest.fixture(scope="session")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the tiny run was made once for all tests."""
    from eot.commands.attack import Request, attack

    folder = tmp_path_factory.mktemp("made")
    work = attack(Request(_prepare(folder), out=folder / "runs" / "tiny"), torch.device("cpu"))
    for _ in work:
        pass
    return folder


@pytest.fixture
def finished(_made: Path, tiny: Path) -> Path:
    """A finished run of the tiny configuration, a copy for this test alone."""
    run = Path("runs/tiny")
    shutil.copytree(_made / "runs" / "tiny", run)
    config = run / "config.toml"
    config.write_text(
        config.read_text(encoding="utf-8").replace(str(_made), str(tiny.parent)), encoding="utf-8"
    )
    return run


def picture(path: Path, size: tuple[int, int] = (24, 24), mode: str = "RGB", seed: int = 0) -> Path:
    """A noisy picture file of this size (width, height) and mode."""
    from eot.streams import generator_for

    levels = torch.randint(
        256, (size[1], size[0], len(mode)), generator=generator_for(seed, "picture"), dtype=torch.uint8
    )
    image = Image.fromarray(levels[..., :3].contiguous().numpy(), "RGB")
    image.convert(mode).save(path)
    return path


@pytest.fixture
def earlier(tiny: Path) -> Iterator[Path]:
    """An earlier run, which must come through every failure untouched even where --force was given."""
    run = Path("earlier")
    run.mkdir()
    (run / "config.toml").write_text(tiny.read_text(encoding="utf-8"), encoding="utf-8")
    (run / "report.json").write_text('{"dear": "results"}', encoding="utf-8")
    before = {path.name: path.read_bytes() for path in run.iterdir()}
    yield run
    assert {path.name: path.read_bytes() for path in run.iterdir()} == before


def refused(result: tuple[int, str, str], says: str, code: int = 2) -> None:
    """One line on stderr that says it, nothing on stdout, and the exit code."""
    assert result[0] == code, result
    assert result[1] == ""
    line = [part for part in result[2].splitlines() if part.startswith("eot: ")]
    assert len(line) == 1 and result[2].splitlines()[-1] == line[0], result[2]
    assert says in line[0], line[0]
