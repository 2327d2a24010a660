"""The formats of annotations: each read as what it means, each damaged in every way and refused."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from eot.annotations.annotated import Thing
from eot.annotations.read import read_annotations
from renders.errors import InputError
from renders.photos import read_photo
from tests.conftest import picture

# One person in a.png of 40 x 20 px, in every format: left 4, top 2, right 24, bottom 12.
PERSON = (4.0, 2.0, 24.0, 12.0)
BOX = "<bndbox><xmin>5</xmin><ymin>3</ymin><xmax>24</xmax><ymax>12</ymax></bndbox>"


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
    written(labels / "a.xml", f"<annotation><object><name>person</name>{BOX}</object></annotation>")
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
        ("x.json", '{"a.png": [[5, 5, Infinity, 9]]}', "left < right"),
        ("x.csv", LISA + '"' + 140_000 * "x", "columns of LISA"),
        ("labels/a.txt", "0 0.5 x 1 1", "a.txt, line 1: expected class, centre x"),
        ("labels/a.txt", "\n0 0.5 0.5 1", "a.txt, line 2: expected class"),
        ("labels/a.txt", "0 0.5 0.5 1 1\n0 0.1 0.1 0.9 0.1 0.9 0.9", "line 2: expected class"),
        ("labels/a.txt", "0 0.1 0.1 0.9 0.1 0.9 0.9", "7 columns (a polygon?): export boxes"),
        ("labels/a.txt", "-1 0.5 0.5 0.2 0.5", "a.txt, line 1: expected a class from 0; got -1"),
        (
            "labels/a.xml",
            "<annotation><object><name>p</name></object></annotation>",
            "a.xml, object 1: expected",
        ),
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


NAMED = f"<annotation><object><name>caf\u00e9</name>{BOX}</object></annotation>"


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("a.txt", "0 0.5 0.5 0.2 0.5\n\u00e9", 2),
        ("classes.txt", "person\ndog\nb\u00eate\n", 3),
        ("a.xml", "\n" + NAMED, 2),
    ],
)
def test_text_in_another_encoding_is_refused_with_its_line(
    name: str, text: str, line: int, photos: Path, tmp_path: Path
) -> None:
    labels = tmp_path / "labels"
    labels.mkdir()
    (labels / name).write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError, match=rf"{name}, line {line}: expected text in utf-8; got a byte 0xe"):
        read_annotations(labels, photos)


def test_an_xml_is_read_in_the_encoding_that_it_declares(photos: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    for encoding in ("ISO-8859-1", "utf-8"):
        path.write_bytes(f'<?xml version="1.0" encoding="{encoding}"?>\n{NAMED}'.encode(encoding))
        assert read_annotations(tmp_path, photos)[0].things == (Thing("caf\u00e9", PERSON),)
    path.write_bytes(b"\xef\xbb\xbf" + NAMED.encode())
    assert read_annotations(tmp_path, photos)[0].things == (Thing("caf\u00e9", PERSON),)
    path.write_bytes(f'<?xml version="1.0" encoding="klingon"?>{NAMED}'.encode())
    with pytest.raises(InputError, match="klingon"):
        read_annotations(tmp_path, photos)


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tiff"])
@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_boxes_of_yolo_are_fractions_of_the_upright_photo(
    suffix: str, orientation: int, tmp_path: Path
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.new("RGB", (100, 60)).save(tmp_path / f"a.{suffix}", exif=exif)
    written(tmp_path / "a.txt", "0 0.5 0.75 0.2 0.5 0.9\n")  # with a confidence
    (photo,) = read_annotations(tmp_path, tmp_path)
    height, width = read_photo(photo.photo).shape[1:]
    assert (height > width) == (orientation == 6)
    expected = (0.4 * width, 0.5 * height, 0.6 * width, height)
    assert photo.things[0].box_px == pytest.approx(expected)


def test_a_class_without_a_name_keeps_its_number(photos: Path, tmp_path: Path) -> None:
    labels = yolo(tmp_path)
    written(labels / "a.txt", "2 0.35 0.35 0.5 0.5\n")
    assert read_annotations(labels, photos)[0].things[0].name == "2"


def test_a_damaged_photo_is_named(photos: Path, tmp_path: Path) -> None:
    (photos / "a.png").write_bytes(b"junk")
    with pytest.raises(InputError, match=r"a\.png: expected a photo; [^\n]*: correct the file"):
        read_annotations(yolo(tmp_path), photos)
