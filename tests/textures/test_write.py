"""The writer: whole files or none, earlier files survive, nothing is left lying about."""

import errno
import os
from pathlib import Path

import pytest

from renders.errors import EotError, InputError, RunError
from textures.write import write_bytes, write_files


def listing(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def test_files_land_with_their_bytes_and_replace_older_ones(tmp_path: Path) -> None:
    write_bytes(tmp_path / "new" / "a.bin", b"old")
    written = write_files(tmp_path / "new", {"a.bin": b"one", "pieces/b.bin": b"two"})
    assert [p.read_bytes() for p in written] == [b"one", b"two"]
    assert listing(tmp_path) == ["new/a.bin", "new/pieces/b.bin"]


@pytest.mark.parametrize("call", ["fsync", "replace"])
@pytest.mark.parametrize(
    ("code", "kind"), [(errno.ENOSPC, RunError), (errno.EIO, RunError), (errno.EROFS, InputError)]
)
def test_a_failure_keeps_earlier_files_and_leaves_no_litter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, code: int, kind: type[EotError]
) -> None:
    write_files(tmp_path, {"a.bin": b"earlier", "b.bin": b"earlier"})

    def fail(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", fail) if call == "fsync" else monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(kind, match=str(tmp_path)) as caught:
        write_files(tmp_path, {"a.bin": b"later", "b.bin": b"later", "c.bin": b"later"})
    assert "\n" not in str(caught.value)
    assert listing(tmp_path) == ["a.bin", "b.bin"]
    assert (tmp_path / "a.bin").read_bytes() == b"earlier"


def test_a_file_in_the_place_of_the_folder_is_bad_input(tmp_path: Path) -> None:
    write_bytes(tmp_path / "a.bin", b"a file")
    with pytest.raises(InputError):
        write_bytes(tmp_path / "a.bin" / "b.bin", b"")
    assert (tmp_path / "a.bin").read_bytes() == b"a file"


def test_a_folder_in_the_place_of_the_file_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "a.bin").mkdir()
    with pytest.raises(InputError):
        write_bytes(tmp_path / "a.bin", b"")
    assert listing(tmp_path) == []


def test_a_full_disk_changes_nothing(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    (tmp_path / ".a.bin.tmp").symlink_to(full)
    write_bytes(tmp_path / "b.bin", b"earlier")
    with pytest.raises(RunError, match="No space"):
        write_bytes(tmp_path / "a.bin", b"x")
    assert listing(tmp_path) == ["b.bin"]
