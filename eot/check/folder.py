"""The directory of a check: what lies where, and when a check may start or go on in it."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eot.check.plan import Plan
from eot.check.subject import Subject
from eot.runs.folder import RunFolder, only_writer
from renders.errors import InputError, RunError
from textures.write import write_bytes

RESULTS = ("card.json", "card.html", "junit.xml", "results.jsonl", "check.json")


def settings_of(model: str, data: str, subject: Subject, plan: Plan) -> dict[str, Any]:
    """What must be the same when a check goes on."""
    return {
        "kind": "eot check",
        "model": model,
        "weights_sha256": subject.victim.info.weights_sha256,
        "data": data,
        "data_sha256": subject.digest,
        "n": len(subject),
        "surrogates": [other.info.weights_sha256 for other in subject.surrogates],
        "plan": plan.record(),
    }


@dataclass(frozen=True)
class CheckFolder:
    """A directory with check.json (the settings), results.jsonl (a line a batch), and the card."""

    path: Path

    @property
    def settings_path(self) -> Path:
        """The settings. They are written first: a directory with them holds a check."""
        return self.path / "check.json"

    @property
    def results_path(self) -> Path:
        """What was measured so far."""
        return self.path / "results.jsonl"

    @contextlib.contextmanager
    def opened(self, settings: dict[str, Any], resume: bool, force: bool) -> Iterator[None]:
        """The directory, ready for this check alone.

        Raises InputError where something else lies there or the settings differ, RunError while another
        process works in it.
        """
        earlier = self._earlier()
        if earlier is not None and not (resume or force):
            raise InputError(f"{self.path} holds a check already: --resume continues it, --force replaces it")
        if earlier is not None and resume and earlier != settings:
            other = [key for key in settings if settings[key] != earlier.get(key)]
            raise InputError(
                f"{self.path} was started with another {' and '.join(other)}: --resume needs the same"
            )
        if earlier is None:
            self._check_free()
            write_bytes(self.settings_path, _encoded(settings))
        with only_writer(RunFolder(self.path)):
            if earlier is not None and not resume:
                for name in RESULTS:
                    (self.path / name).unlink(missing_ok=True)
                write_bytes(self.settings_path, _encoded(settings))
            yield

    def _earlier(self) -> dict[str, Any] | None:
        if not self.settings_path.is_file():
            return None
        try:
            earlier = json.loads(self.settings_path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise RunError(f"{self.settings_path}: expected the settings of a check; {error}") from None
        return earlier if isinstance(earlier, dict) else None

    def _check_free(self) -> None:
        if self.path.is_file():
            raise InputError(f"{self.path}: expected a directory for the check; found a file: choose another")
        if self.path.is_dir() and any(not entry.name.startswith(".") for entry in self.path.iterdir()):
            raise InputError(f"{self.path} holds files that are not a check: choose another with --out")


def _encoded(settings: dict[str, Any]) -> bytes:
    return (json.dumps(settings, indent=2, ensure_ascii=False) + "\n").encode()
