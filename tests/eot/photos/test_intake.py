"""Which photos are looked at, what they are called, and what their folders say is in them."""

import unicodedata
from pathlib import Path

import pytest

from eot.photos.intake import arm_above, photo_named, photo_paths
from eot.photos.look import view_name
from eot.photos.seen import CONTACT, LINES, VIEWS
from renders.errors import InputError
from tests.conftest import refused
from tests.eot.photos.album import Eot, report, rows


def touched(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def test_a_folder_called_as_an_arm_stays_in_the_name_however_it_is_given(tmp_path: Path) -> None:
    attack, clean = tmp_path / "attack" / "1.jpg", tmp_path / "Clean" / "1.jpg"
    touched(attack, clean)
    names = ["Clean/1.jpg", "attack/1.jpg"]
    assert list(photo_paths([tmp_path])) == names
    # as a shell expands photos/* and photos/*/*
    assert list(photo_paths([attack.parent, clean.parent])) == names
    assert list(photo_paths([attack, clean])) == names
    assert list(photo_paths([clean.parent])) == names[:1]


def test_a_folder_is_known_by_its_name_when_it_is_given_as_a_dot_or_a_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touched(tmp_path / "clean" / "1.jpg", tmp_path / "card" / "2.jpg")
    (tmp_path / "noise").symlink_to(tmp_path / "card")
    assert list(photo_paths([tmp_path / "noise"])) == ["noise/2.jpg"]
    monkeypatch.chdir(tmp_path / "clean")
    assert list(photo_paths([Path()])) == list(photo_paths([Path("1.jpg")])) == ["clean/1.jpg"]


def test_folders_farther_above_tell_the_arm_where_nothing_nearer_does(eot: Eot, finished: Path) -> None:
    from PIL import Image

    day = Path("clean") / "monday"
    day.mkdir(parents=True)
    Image.new("RGB", (120, 90), (128, 128, 128)).save(day / "a.jpg")
    assert arm_above(day / "a.jpg") == "clean"
    assert eot("photos", finished, day, "--as", "frame")[0] == 0
    assert rows(finished)[0]["arm"] == "clean"
    # What the user says wins over a folder that was not given.
    assert eot("photos", finished, day, "--as", "frame", "--arm", "noise")[0] == 0
    assert rows(finished)[0]["arm"] == "noise"
    assert eot("photos", finished, day, "--as", "frame")[0] == 0
    assert rows(finished)[0]["arm"] == "clean"


def test_an_arm_that_is_none_is_refused(eot: Eot, finished: Path) -> None:
    touched(Path("own") / "a.jpg")
    refused(
        eot("photos", finished, "own", "--arm", "Clean"), "no arm is called 'Clean': did you mean 'clean'"
    )


def test_what_the_command_wrote_is_no_photo(tmp_path: Path) -> None:
    mine, views = tmp_path / "IMG_1.jpg", tmp_path / VIEWS
    touched(mine, tmp_path / CONTACT, views / "IMG_1.jpg-00000000.jpg", tmp_path / "day" / VIEWS / "2.jpg")
    assert len(photo_paths([tmp_path])) == 4, "folders of the user may be called so"
    touched(tmp_path / LINES)
    assert list(photo_paths([tmp_path])) == ["IMG_1.jpg", "day/views/2.jpg"]
    # as a shell expands RUN/photos/*
    assert list(photo_paths([mine, tmp_path / CONTACT, tmp_path / LINES, views])) == ["IMG_1.jpg"]
    with pytest.raises(InputError, match="found none"):
        photo_paths([views])


def test_photos_kept_in_the_folder_of_the_result_are_the_same_in_a_second_call(
    eot: Eot, finished: Path, shots: Path
) -> None:
    place = finished / "photos"
    place.mkdir()
    for name in ("attack-3.jpg", "clean-3.jpg"):
        (shots / name).rename(place / name)
    for _ in range(2):
        assert eot("photos", finished, place)[0] == 0
        assert [row["photo"] for row in rows(finished)] == ["attack-3.jpg", "clean-3.jpg"]
        assert report(finished)["skipped"] == []


def test_a_csv_may_leave_out_a_folder_where_only_one_photo_is_meant() -> None:
    names = ["attack/1.jpg", "attack/2.jpg", "clean/1.jpg", "3.jpg", "clean/3.jpg"]
    assert photo_named("attack/1.jpg", names) == "attack/1.jpg"
    assert photo_named("2.jpg", names) == "attack/2.jpg"
    assert photo_named("3.jpg", names) == "3.jpg"
    with pytest.raises(InputError, match=r"may be attack/1.jpg or clean/1.jpg: add its folder"):
        photo_named("1.jpg", names)
    with pytest.raises(InputError, match="names g, which is not among the photos"):
        photo_named("g", names)


def test_a_name_is_composed_whatever_the_disk_made_of_it(tmp_path: Path) -> None:
    touched(tmp_path / unicodedata.normalize("NFD", "Bär.jpg"))
    assert list(photo_paths([tmp_path])) == [unicodedata.normalize("NFC", "Bär.jpg")]
    touched(tmp_path / unicodedata.normalize("NFC", "Bär.jpg"))
    if len(list(tmp_path.iterdir())) == 2:  # on a disk that tells the two apart
        with pytest.raises(InputError, match="two photos are named"):
            photo_paths([tmp_path])


def test_names_that_differ_have_pictures_that_differ_and_fit_on_a_disk() -> None:
    names = ["shot 1.jpg", "shot-1.jpg", "attack/1.jpg", "attack-1.jpg", "写真/" * 60 + "1.jpg", "写真/" * 60]
    views = [view_name(name) for name in names]
    assert len(set(views)) == len(names) and all(view.endswith(".jpg") for view in views)
    # a draft begins with a dot and ends in .tmp
    assert max(len(f".{view}.tmp".encode()) for view in views) <= 255
    assert not any("/" in view for view in views)
