"""COCO's annotations: one JSON with images, annotations and categories; or, shorter, file name to boxes."""

import json
from pathlib import Path
from typing import Any

from eot.annotations.annotated import Annotated, Thing, parsed, read_text, thing

WANTED = "COCO's images, annotations and categories, or {file name: [[left, top, right, bottom]]}"


def read_json(path: Path, photos: Path) -> tuple[Annotated, ...]:
    """The photos that the file lists, in its order. Crowds, which are no single thing, are left out."""
    record = parsed(lambda: json.loads(read_text(path)), str(path), WANTED)
    if isinstance(record, dict) and {"images", "annotations"} <= record.keys():
        return parsed(lambda: _coco(record, photos, str(path)), str(path), WANTED)
    return parsed(lambda: _plain(record, photos, str(path)), str(path), WANTED)


def _coco(record: dict[str, Any], photos: Path, where: str) -> tuple[Annotated, ...]:
    names = {category["id"]: str(category["name"]) for category in record.get("categories", ())}
    things: dict[int, list[Thing]] = {image["id"]: [] for image in record["images"]}
    for annotation in record["annotations"]:
        if annotation.get("iscrowd"):
            continue
        left, top, width, height = (float(value) for value in annotation["bbox"])
        number = annotation["category_id"]
        found = thing(names.get(number, str(number)), (left, top, left + width, top + height), where)
        things[annotation["image_id"]].append(found)
    files = ((image["id"], photos / Path(image["file_name"]).name) for image in record["images"])
    return tuple(Annotated(file, tuple(things[number])) for number, file in files)


def _plain(record: dict[str, Any], photos: Path, where: str) -> tuple[Annotated, ...]:
    """Boxes of one nameless class."""
    found = []
    for name, entry in record.items():
        boxes = entry["boxes"] if isinstance(entry, dict) else entry
        sides = [tuple(float(value) for value in box) for box in boxes]
        things = tuple(thing("", (a, b, c, d), f"{where}, {name}") for a, b, c, d in sides)
        found.append(Annotated(photos / name, things))
    return tuple(found)
