"""Finds out which format annotations are in, and reads them."""

from pathlib import Path

from eot.annotations.annotated import Annotated
from eot.annotations.coco import read_json
from eot.annotations.table import read_table
from eot.annotations.voc import read_voc
from eot.annotations.yolo import read_yolo
from renders.errors import InputError
from renders.photos import PHOTO_SUFFIXES

FORMATS = "a COCO .json, a LISA or GTSRB .csv, or a folder of YOLO .txt or Pascal VOC .xml files"


def read_annotations(path: Path, photos: Path) -> tuple[Annotated, ...]:
    """The annotated photos of a folder, those without any thing in them too.

    Raises:
        InputError: nothing to read, a damaged file, or a photo that is listed and not there.
    """
    if path.is_file() and path.suffix.lower() in (".json", ".csv"):
        found = (read_json if path.suffix.lower() == ".json" else read_table)(path, photos)
    elif path.is_dir() and photos.is_dir():
        files = sorted(p for p in photos.iterdir() if p.suffix.lower() in PHOTO_SUFFIXES)
        found = read_voc(path, files) or read_yolo(path, files)
    else:
        raise InputError(f"{path}: expected {FORMATS}; found neither: check the path")
    if not found:
        raise InputError(f"{path}: expected {FORMATS} about the photos in {photos}; found none: check both")
    missing = next((each.photo for each in found if not each.photo.is_file()), None)
    if missing is not None:
        raise InputError(
            f"{path}: lists {missing.name}, which is not in {photos}: add the photo or drop the line"
        )
    return found
