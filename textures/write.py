"""The only writer: files appear whole or not at all, and what was there before survives a failure."""

import contextlib
import errno
import os
from collections.abc import Mapping
from pathlib import Path

from renders.errors import EotError, InputError, RunError

# Failures that another folder cures; all others (full disk, broken device) stop a run that was fine.
WRONG_PLACE = {
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENOTDIR,
    errno.EISDIR,
    errno.EEXIST,
    errno.ENAMETOOLONG,
    errno.ELOOP,
    errno.EINVAL,
}


def write_bytes(path: Path, data: bytes) -> None:
    """Put one file on disk, its folders included. Raises InputError or RunError; the old file then stays."""
    write_files(path.parent, {path.name: data})


def write_files(folder: Path, files: Mapping[str, bytes]) -> list[Path]:
    """Put files `{name: bytes}` into a folder and return their paths; a name may lie in a subfolder.

    All bytes reach the disk under temporary names first, so a full disk changes none of the files.
    """
    paths = [folder / name for name in files]
    drafts = [path.with_name(f".{path.name}.tmp") for path in paths]
    try:
        for draft, data in zip(drafts, files.values(), strict=True):
            draft.parent.mkdir(parents=True, exist_ok=True)
            _write_through(draft, data)
        for draft, path in zip(drafts, paths, strict=True):
            draft.replace(path)
        for parent in dict.fromkeys(path.parent for path in paths):
            _sync_folder(parent)
    except OSError as error:
        raise explained(error, folder) from error
    finally:
        for draft in drafts:
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)
    return paths


def _write_through(path: Path, data: bytes) -> None:
    """Bytes on the disk itself, not only in the cache of the system."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make the new names last; systems that cannot open a folder do without."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def explained(error: OSError, folder: Path) -> EotError:
    """What a user can do about a failed write into a folder, as an error of ours."""
    reason = error.strerror or str(error)
    if error.errno in WRONG_PLACE:
        return InputError(f"expected a folder that can be written; got {folder} ({reason}): choose another")
    return RunError(
        f"could not write into {folder} ({reason}): earlier files are unchanged; free space and retry"
    )
