"""COCO-style annotations as a set for classification: every box is an image of its category."""

import json
import math
from pathlib import Path
from typing import Any

import torch

from eot.data.data import Data
from eot.data.files import Box, Files, Picture, contents_sha256, placed
from eot.data.options import Options
from renders.errors import InputError

# Side of the smallest box worth reading, px.
LEAST_PX = 16


def load_coco(path: Path, options: Options) -> Data:
    """The boxes in a COCO `instances` file whose images lie beside it, or in the folder named after it.

    Classes are its categories in the order of their ids. Crowds and boxes under 16 px are left out.
    """
    record = _record(path)
    try:
        categories = sorted(record["categories"], key=lambda category: category["id"])
        numbers = {category["id"]: number for number, category in enumerate(categories)}
        files = {image["id"]: _place(path, image["file_name"]) for image in record["images"]}
        boxes = [(one, _box(one["bbox"])) for one in record["annotations"] if not one.get("iscrowd")]
        kept = [(one, box) for one, box in boxes if min(box[2:]) >= LEAST_PX]
        pictures = tuple(Picture(files[one["image_id"]], box) for one, box in kept)
        labels = [numbers[one["category_id"]] for one, _ in kept]
        names = tuple(str(category["name"]) for category in categories)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise InputError(
            f"{path}: expected images, categories and annotations as COCO has them; {error!r}: correct it"
        ) from None
    used = list(dict.fromkeys(picture.path for picture in pictures))
    digest = contents_sha256([path, *used], path.parent)
    images = Files(pictures, options.px)
    return Data(path.stem, options.split, images, torch.tensor(labels, dtype=torch.int64), names, digest)


def _record(path: Path) -> dict[str, Any]:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: expected a COCO file; {error}: check the path") from None
    if not isinstance(record, dict):
        raise InputError(
            f"{path}: expected a COCO file; got a {type(record).__name__}: use the instances file"
        )
    return record


def _place(path: Path, name: str) -> Path:
    for folder in (path.parent, path.parent / path.stem, path.parent / "images"):
        found = placed(folder, name)
        if found is not None:
            return found
    raise InputError(
        f"{path}: the image {name} is not beside it: put the images into {path.parent / 'images'}"
    )


def _box(values: list[float]) -> Box:
    left, top, width, height = (float(value) for value in values)
    if not all(map(math.isfinite, (left, top, width, height))):
        raise ValueError(f"bbox {values}")
    return left, top, width, height
