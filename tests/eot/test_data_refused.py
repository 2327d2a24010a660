"""Damaged, strange and hostile data: each refused in one line, none with a traceback."""

import json
from pathlib import Path

import numpy as np
import pytest

from eot.data import FORMATS, load_data
from eot.data.data import MOST_CLASSES, numbered
from renders.errors import InputError
from tests.conftest import picture
from tests.eot.test_data import levels

LEVELS, LABELS = np.zeros((2, 8, 8, 3), np.uint8), np.zeros(2, np.int64)


def refusal(spec: str) -> str:
    with pytest.raises(InputError) as caught:
        load_data(spec)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_single_array_is_no_archive(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", LEVELS)
    assert "expected an .npz archive of plain arrays; got a single array" in refusal(
        f"npz:{tmp_path / 'a.npy'}"
    )


@pytest.mark.parametrize("compressed", [True, False])
def test_an_archive_damaged_anywhere_is_refused(tmp_path: Path, compressed: bool) -> None:
    file = tmp_path / "c.npz"
    images = levels(4, 16, 16, 3)
    (np.savez_compressed if compressed else np.savez)(file, images=images, labels=np.zeros(4, np.int64))
    whole, messages = file.read_bytes(), set()
    for place in range(0, len(whole), 37):
        file.write_bytes(whole[:place] + bytes(40) + whole[place + 40 :])
        try:
            load_data(f"npz:{file}")
        except InputError as error:
            messages.add(str(error))
    assert messages and not any("\n" in message for message in messages)
    assert any("decompressing" in message for message in messages) is compressed


def test_images_without_pixels_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "z.npz", images=np.zeros((2, 0, 8, 3), np.uint8), labels=LABELS)
    assert "expected images [n h w]" in refusal(f"npz:{tmp_path / 'z.npz'}")


@pytest.mark.parametrize("name", ["20240315_1.png", "20240315123456.png", "99999999999999999999_a.png"])
def test_a_date_in_a_file_name_is_no_class(tmp_path: Path, name: str) -> None:
    picture(tmp_path / name)
    says = f"expected the number of a class, below {MOST_CLASSES}; got {name.split('_')[0].split('.')[0]}"
    assert says in refusal(f"flat:{tmp_path}") and says in refusal(f"flat:{tmp_path}?classes=10")


def test_class_numbers_that_fit_no_tensor_are_refused_in_folders_and_tables(tmp_path: Path) -> None:
    large = "99999999999999999999"
    (tmp_path / large).mkdir()
    picture(tmp_path / large / "a.png")
    for spec in (f"folder:{tmp_path}?classes=10", f"gtsrb:{tmp_path}"):
        assert f"below {MOST_CLASSES}; got {large}" in refusal(spec)
    picture(tmp_path / "a.png")
    (tmp_path / "GT-x.csv").write_text(f"Filename;ClassId\na.png;{large}\n", encoding="utf-8")
    assert f"below {MOST_CLASSES}; got {large}" in refusal(f"gtsrb:{tmp_path}")


def test_a_set_has_no_more_than_so_many_classes(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", images=LEVELS, labels=np.array([0, 10**12]))
    assert f"expected at most {MOST_CLASSES} classes; got 1000000000001" in refusal(
        f"npz:{tmp_path / 'a.npz'}"
    )
    assert f"expected at most {MOST_CLASSES} classes" in refusal(
        f"npz:{tmp_path / 'a.npz'}?classes=9999999999"
    )
    assert len(numbered(MOST_CLASSES)) == MOST_CLASSES


@pytest.mark.parametrize("outside", ["../i.png", "{absolute}", "", "none.png", "x" * 300])
def test_a_table_names_no_file_outside_its_folder(tmp_path: Path, outside: str) -> None:
    picture(tmp_path / "i.png")
    folder = tmp_path / "signs"
    folder.mkdir()
    name = outside.format(absolute=tmp_path / "i.png")
    (folder / "GT-x.csv").write_text(f"Filename;ClassId\n{name};3\n", encoding="utf-8")
    assert f"expected images in {folder}; {name!r} is not there" in refusal(f"gtsrb:{folder}")


@pytest.mark.parametrize(
    "change",
    [
        {"annotations": [[1]]},
        {"annotations": [{"image_id": 1, "category_id": 1, "bbox": [float("nan"), 0, 32, 32]}]},
        {"annotations": [{"image_id": 1, "category_id": 1, "bbox": [0, 0, float("inf"), 32]}]},
        {"annotations": [{"image_id": 1, "category_id": 1, "bbox": [0, 0, 10**400, 32]}]},
        {"annotations": [{"image_id": 1, "category_id": 1, "bbox": []}]},
        {"annotations": None},
        {"categories": [3]},
    ],
)
def test_annotations_that_are_none_are_refused(tmp_path: Path, change: dict) -> None:
    picture(tmp_path / "i.png", (64, 64))
    good = {
        "images": [{"id": 1, "file_name": "i.png"}],
        "categories": [{"id": 1, "name": "a"}],
        "annotations": [{"image_id": 1, "category_id": 1, "bbox": [0, 0, 32, 32]}],
    }
    file = tmp_path / "boxes.json"
    file.write_text(json.dumps(good), encoding="utf-8")
    assert len(load_data(f"coco:{file}")) == 1
    file.write_text(json.dumps(good | change), encoding="utf-8")
    assert "as COCO has them" in refusal(f"coco:{file}")


def test_json_too_deep_to_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "deep.json").write_text("[" * 100_000, encoding="utf-8")
    assert "expected a COCO file" in refusal(f"coco:{tmp_path / 'deep.json'}")


@pytest.mark.parametrize("kind", sorted(FORMATS))
def test_an_option_that_a_format_does_not_take_is_refused(tmp_path: Path, kind: str) -> None:
    for option, value in (("split", "train"), ("px", "8"), ("classes", "3"), ("labels", "names.txt")):
        says = refusal(f"{kind}:{tmp_path}?{option}={value}")
        assert (f"{kind}: expected options among" in says) is (option not in FORMATS[kind].takes)


def test_the_classes_option_counts_the_signs_of_a_set_like_gtsrb(tmp_path: Path) -> None:
    (tmp_path / "00014").mkdir()
    picture(tmp_path / "00014" / "a.png")
    assert len(load_data(f"gtsrb:{tmp_path}").classes) == 43
    assert len(load_data(f"gtsrb:{tmp_path}?classes=50").classes) == 50


def test_a_file_of_labels_must_hold_them_all(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", images=LEVELS, labels=LABELS)
    names, spec = tmp_path / "names.txt", f"npz:{tmp_path / 'a.npz'}?labels={tmp_path / 'names.txt'}"
    names.write_text("\n", encoding="utf-8")
    assert "expected some names of classes, one a line; got 0" in refusal(spec)
    names.write_text("cat\ndog\n", encoding="utf-8")
    assert load_data(f"{spec}&classes=2").classes == ("cat", "dog")
    assert "expected 3 names of classes, one a line; got 2" in refusal(f"{spec}&classes=3")


def test_the_page_about_data_names_every_option_of_every_format() -> None:
    page = (Path(__file__).parents[2] / "docs" / "data.md").read_text(encoding="utf-8")
    rows = {line.split("|")[1].strip(): line.split("|")[2] for line in page.splitlines() if line[:3] == "| `"}
    for option in ("split", "px", "classes", "labels"):
        takers = {kind for kind, format_ in FORMATS.items() if option in format_.takes}
        assert {name.strip(" `") for name in rows[f"`{option}`"].split(",")} == takers
