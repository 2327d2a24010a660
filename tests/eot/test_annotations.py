"""The formats of annotations: each read as what it means, each damaged in every way and refused."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from eot.annotations.annotated import Thing
from eot.annotations.read import read_annotations
from renders.errors import InputError
from tests.conftest import picture

# One person in a.png of 40 x 20 px, in every format: left 4, top 2, right 24, bottom 12.
PERSON = (4.0, 2.0, 24.0, 12.0)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    picture(folder / "a.png", (40, 20))
    picture(folder / "b.png", (40, 20))
    return folder


def coco(folder: Path) -> Path:
    record = {
        "images": [{"id": 7, "file_name": "a.png"}, {"id": 8, "file_name": "b.png"}],
        "annotations": [
            {"image_id": 7, "category_id": 1, "bbox": [4, 2, 20, 10]},
            {"image_id": 8, "category_id": 1, "bbox": [0, 0, 9, 9], "iscrowd": 1},
        ],
        "categories": [{"id": 1, "name": "person"}],
    }
    return written(folder / "coco.json", json.dumps(record))


def yolo(folder: Path) -> Path:
    labels = folder / "labels"
    labels.mkdir()
    written(labels / "classes.txt", "person\ndog\n")
    written(labels / "a.txt", "0 0.35 0.35 0.5 0.5\n")
    written(labels / "b.txt", "")
    return labels


def voc(folder: Path) -> Path:
    labels = folder / "xml"
    labels.mkdir()
    box = "<bndbox><xmin>5</xmin><ymin>3</ymin><xmax>24</xmax><ymax>12</ymax></bndbox>"
    written(labels / "a.xml", f"<annotation><object><name>person</name>{box}</object></annotation>")
    written(labels / "b.xml", "<annotation></annotation>")
    return labels


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("make", [coco, yolo, voc])
def test_a_format_says_what_is_where_and_that_the_other_photo_is_empty(
    make: Callable[[Path], Path], photos: Path, tmp_path: Path
) -> None:
    first, second = read_annotations(make(tmp_path), photos)
    assert first.photo == photos / "a.png" and second.photo == photos / "b.png"
    assert second.things == ()
    (person,) = first.things
    assert person.name == "person" and person.box_px == pytest.approx(PERSON)


LISA = (
    "Filename;Annotation tag;Upper left corner X;Upper left corner Y;"
    "Lower right corner X;Lower right corner Y\ndir/a.png;stop;4;2;24;12\n"
)
GTSRB = "Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId\na.png;40;20;4;2;24;12;14\n"


@pytest.mark.parametrize(("text", "name"), [(LISA, "stop"), (GTSRB, "14")])
def test_tables_of_traffic_signs_are_told_apart_by_their_columns(
    text: str, name: str, photos: Path, tmp_path: Path
) -> None:
    (only,) = read_annotations(written(tmp_path / "signs.csv", text), photos)
    assert only.photo == photos / "a.png" and only.things == (Thing(name, PERSON),)


def test_a_json_of_file_names_and_boxes_will_do(photos: Path, tmp_path: Path) -> None:
    path = written(tmp_path / "boxes.json", json.dumps({"a.png": [PERSON], "b.png": {"boxes": []}}))
    assert read_annotations(path, photos)[0].things == (Thing("", PERSON),)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("x.json", "{", "COCO"),
        ("x.json", "[1, 2]", "COCO"),
        ("x.json", '{"images": [{}], "annotations": []}', "COCO"),
        ("x.json", '{"a.png": [[5, 5, 4, 9]]}', "left < right"),
        ("x.json", '{"c.png": [[1, 1, 4, 9]]}', "c.png, which is not in"),
        ("x.csv", "Filename;other\na.png;3\n", "columns of LISA"),
        ("labels/a.txt", "0 0.5 x 1 1", "class, centre x"),
        ("labels/a.xml", "<annotation><object><name>p</name></object></annotation>", "bndbox"),
        ("labels/a.xml", "<annotation", "bndbox"),
        ("labels/a.xml", '<!DOCTYPE a [<!ENTITY b "c">]><annotation/>', "entities"),
        ("labels/c.txt", "", "found none"),
        ("x.pkl", "", "COCO .json"),
    ],
)
def test_damaged_annotations_are_refused_in_one_line(
    name: str, text: str, says: str, photos: Path, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    written(path, text)
    with pytest.raises(InputError) as error:
        read_annotations(path.parent if path.parent.name == "labels" else path, photos)
    assert says in str(error.value) and "\n" not in str(error.value)
