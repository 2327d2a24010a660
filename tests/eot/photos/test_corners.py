"""The user's CSV: how it is read, and which of its rows is about which sheet in a photo."""

import unicodedata
from pathlib import Path

import numpy as np
import pytest

from eot.photos.corners import Told, read_corners, row_for
from renders.errors import InputError


def read(folder: Path, text: str) -> tuple[Told, ...]:
    (folder / "c.csv").write_bytes(text.encode())
    return read_corners(folder / "c.csv")


def test_quotes_in_a_name_are_read_as_the_click_page_writes_them(tmp_path: Path) -> None:
    header = "file,x1,y1,x2,y2,x3,y3,x4,y4,arm"
    corners = "1,1,10,1,10,10,1,10"
    first, second = read(tmp_path, f'{header}\n"a""b.jpg",{corners},attack\n"it\'s, c.jpg",{corners},clean\n')
    assert (first.file, first.arm) == ('a"b.jpg', "attack")
    assert (second.file, second.arm) == ("it's, c.jpg", "clean")
    assert np.array_equal(first.corners_px, [[1, 1], [10, 1], [10, 10], [1, 10]])


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_commas_semicolons_tabs_and_all_ends_of_lines_are_read(tmp_path: Path, mark: str, end: str) -> None:
    lines = [["file", "arm", "distance_m"], ["a.jpg", "attack", "3.5"], ["b.jpg", "", ""]]
    first, second = read(tmp_path, "\ufeff" + end.join(mark.join(cells) for cells in lines) + end)
    assert (first.file, first.arm, first.distance_m) == ("a.jpg", "attack", 3.5)
    assert (second.file, second.arm, second.distance_m) == ("b.jpg", "", None)


@pytest.mark.parametrize(
    "row", ["a.jpg,attack,3,5,,", "a.jpg,attack,3,5,0,s01-1", "a,b.jpg,attack,3,5,s01-1"]
)
def test_a_row_longer_than_the_header_is_refused(tmp_path: Path, row: str) -> None:
    # a decimal comma would make 3.5 m a distance of 3 m and a yaw of 5 degrees
    with pytest.raises(
        InputError, match=r"line 4: expected 5 cells, as the header has; got 6: write decimals"
    ):
        read(tmp_path, f"file,arm,distance_m,yaw_deg,pair\nb.jpg,attack,3,0,\n\n{row}\n")


def test_a_name_is_composed_whatever_wrote_the_csv(tmp_path: Path) -> None:
    (told,) = read(tmp_path, "file\n" + unicodedata.normalize("NFD", "Bär.jpg") + "\n")
    assert told.file == unicodedata.normalize("NFC", "Bär.jpg")


def row(arm: str) -> Told:
    return Told("a.jpg", None, arm, None, None, "")


def test_every_sheet_gets_the_row_of_its_arm_else_the_one_without() -> None:
    attack, clean, plain = row("attack"), row("clean"), row("")
    both = ["attack", "clean"]
    assert (
        row_for([attack, clean], "clean", both) is clean
        and row_for([attack, clean], "attack", both) is attack
    )
    assert (
        row_for([plain, clean], "clean", both) is clean and row_for([plain, clean], "attack", both) is plain
    )
    assert row_for([plain], "clean", both) is plain
    assert row_for([attack], "clean", both) is None and row_for([], "clean", both) is None
    # the clean sheet is in the photo, but its markers were not found
    assert row_for([attack, clean], "attack", ["attack"]) is attack


def test_markers_that_do_not_tell_leave_it_to_the_csv() -> None:
    clean = row("clean")
    assert row_for([clean], "", [""]) is clean and row_for([clean], "") is clean
    assert row_for([row("attack"), clean], "", ["attack", ""]) is clean


@pytest.mark.parametrize(
    ("arms", "printed", "says"),
    [
        (["clean"], "attack", "its markers say attack, the CSV says clean"),
        (["", ""], "attack", "2 rows of the CSV can be about attack"),
        (["attack", "attack"], "attack", "2 rows of the CSV can be about attack"),
        (["attack", "clean"], "", "2 rows of the CSV can be about the article"),
    ],
)
def test_rows_that_contradict_or_leave_it_open_are_refused(arms: list[str], printed: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        row_for([row(arm) for arm in arms], printed, [printed])
