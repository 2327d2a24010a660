"""The directory of a run: what lies where, who may write, and how a run starts and goes on."""

import contextlib
import fcntl
import os
import shutil
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from eot.runs.checkpoint import AttackState, decode_state, encode_state
from eot.runs.config import CONFIG, Config, dump_config, load_config
from eot.runs.metrics import Record, append_line, drop_lines, read_lines, sync
from renders.errors import InputError, RunError
from textures.write import explained, write_bytes

LOCK = ".lock"


@dataclass(frozen=True)
class RunFolder:
    """A run directory and the places in it."""

    path: Path

    @property
    def config_path(self) -> Path:
        """The complete configuration. It is written first: a directory with it holds a run."""
        return self.path / CONFIG

    @property
    def provenance_path(self) -> Path:
        """Versions, seed, device and hashes."""
        return self.path / "provenance.json"

    @property
    def metrics_path(self) -> Path:
        """A line per step and per selection."""
        return self.path / "metrics.jsonl"

    @property
    def checkpoint_path(self) -> Path:
        """Where the attack stands."""
        return self.path / "checkpoint.safetensors"

    @property
    def search_path(self) -> Path:
        """The attacks of a search for a weight, each in a folder of its number."""
        return self.path / "search"

    @property
    def mask_path(self) -> Path:
        """The mask that the automatic stage found."""
        return self.path / "mask.safetensors"

    @property
    def product_path(self) -> Path:
        """The finished texture with all that is needed to measure and print it."""
        return self.path / "texture.safetensors"

    @property
    def picture_path(self) -> Path:
        """The finished texture to look at."""
        return self.path / "texture.png"

    @property
    def article_path(self) -> Path:
        """The folder of what to print."""
        return self.path / "article"

    @property
    def evidence_path(self) -> Path:
        """What the victims said about every view."""
        return self.path / "evidence.safetensors"

    @property
    def page_path(self) -> Path:
        """The report for people."""
        return self.path / "report.html"

    @property
    def report_path(self) -> Path:
        """The report for programs. It is written last: a run with it is complete."""
        return self.path / "report.json"

    @property
    def evaluations_path(self) -> Path:
        """The folder of later measurements."""
        return self.path / "evaluations"

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do."""
        return self.report_path.is_file()

    @property
    def is_run(self) -> bool:
        """Whether a run lies here, and not just anything with a config.toml (many tools have one)."""
        try:
            table = tomllib.loads(self.config_path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        return {"article", "objective"} <= table.keys()

    def config(self) -> Config:
        """The configuration that the run was started with."""
        return load_config(self.path)

    def results(self) -> list[Path]:
        """Everything that a run leaves, the mark of its completion first and its configuration last."""
        return [
            self.report_path,
            self.page_path,
            self.evidence_path,
            self.evaluations_path,
            self.article_path,
            self.picture_path,
            self.product_path,
            self.checkpoint_path,
            self.search_path,
            self.mask_path,
            self.metrics_path,
            self.provenance_path,
            self.config_path,
        ]


def check_free(path: Path, force: bool) -> None:
    """Raises InputError unless a run can start here: nothing, an empty folder, or a run and `force`."""
    existing = next(place for place in (path, *path.absolute().parents) if place.exists())
    if not existing.is_dir():
        raise InputError(f"{path}: expected a directory for the run; found a file {existing}: choose another")
    if RunFolder(path).is_run:
        if not force:
            raise InputError(f"{path} holds a run already: --resume continues it, --force replaces it")
    elif existing == path and any(not entry.name.startswith(".") for entry in path.iterdir()):
        raise InputError(f"{path} holds files that are not a run: choose another directory with --out")


def check_same(path: Path, config: Config) -> None:
    """Raises InputError where a run with another configuration lies here."""
    folder = RunFolder(path)
    if not folder.config_path.is_file():
        check_free(path, force=False)
        return
    before, now = folder.config().model_dump(), config.model_dump()
    other = [key for key in now if now[key] != before[key]]
    if other:
        raise InputError(
            f"{path} was started with another {' and '.join(other)}: --resume needs the same configuration"
        )


def start_run(path: Path, config: Config, force: bool = False) -> RunFolder:
    """The directory of a new run with its configuration in it; `force` removes what an earlier run left.

    Files that are not of a run stay. Raises InputError as `check_free` does, RunError while another process
    works on the earlier run.
    """
    check_free(path, force)
    folder = RunFolder(path)
    if folder.config_path.is_file():
        with only_writer(folder):
            _clear(folder)
    write_bytes(folder.config_path, dump_config(config).encode())
    return folder


def resume_run(path: Path, config: Config) -> RunFolder:
    """The directory of a run to go on with, a new one where there is none. Raises as `check_same` does."""
    check_same(path, config)
    folder = RunFolder(path)
    return folder if folder.config_path.is_file() else start_run(path, config)


def open_run(path: Path) -> RunFolder:
    """The run that lies here. Raises InputError where there is none."""
    folder = RunFolder(path)
    if not folder.config_path.is_file():
        raise InputError(f"{path}: expected a run directory with a {CONFIG} in it; found none")
    return folder


@contextlib.contextmanager
def only_writer(folder: RunFolder) -> Iterator[None]:
    """Keeps all other processes from working on a run meanwhile; the lock dies with the process.

    Raises RunError while another holds it.
    """
    try:
        handle = os.open(folder.path / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise explained(error, folder.path) from error
    try:
        _lock(handle, folder)
        yield
    finally:
        os.close(handle)


def _lock(handle: int, folder: RunFolder) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise RunError(f"{folder.path}: another process works on this run: wait for it or stop it") from None


def append_metrics(folder: RunFolder, record: Record) -> None:
    """Adds a line about a step."""
    append_line(folder.metrics_path, record)


def read_metrics(folder: RunFolder) -> list[Record]:
    """The lines about all steps so far."""
    return read_lines(folder.metrics_path)


def save_checkpoint(folder: RunFolder, state: AttackState) -> None:
    """Writes where the attack stands; an earlier checkpoint stays whole until the new one is."""
    sync(folder.metrics_path)
    write_bytes(folder.checkpoint_path, encode_state(state))


def load_checkpoint(folder: RunFolder) -> AttackState | None:
    """Where the attack stands, None at its start. Metrics of steps that will be done again are dropped."""
    path = folder.checkpoint_path
    state = decode_state(path.read_bytes(), str(path)) if path.is_file() else None
    drop_lines(folder.metrics_path, 0 if state is None else state.step)
    return state


def _clear(folder: RunFolder) -> None:
    try:
        for path in folder.results():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
    except OSError as error:
        raise explained(error, folder.path) from error
