"""Pascal VOC's annotations: an .xml per photo."""

import re
from pathlib import Path
from xml.etree import ElementTree

from eot.annotations.annotated import Annotated, Thing, parsed, read_text, thing
from renders.errors import InputError

WANTED = "annotation/object/bndbox with xmin, ymin, xmax, ymax"
DECLARED = re.compile(r"\s*<\?xml[^>]*?\sencoding\s*=\s*[\"']([\w.:-]+)")


def read_voc(labels: Path, files: list[Path]) -> tuple[Annotated, ...]:
    """The photos with an .xml of their name in the folder. Counted from 1 there, from 0 here."""
    pairs = ((file, labels / f"{file.stem}.xml") for file in files)
    return tuple(Annotated(file, _things(xml)) for file, xml in pairs if xml.is_file())


def _things(path: Path) -> tuple[Thing, ...]:
    text = _decoded(path)
    if "<!ENTITY" in text:
        raise InputError(f"{path}: entities can make a small file huge, and VOC needs none: remove them")

    def read() -> tuple[Thing, ...]:
        nodes = ElementTree.fromstring(text).iter("object")
        return tuple(_thing(node, f"{path}, object {number}") for number, node in enumerate(nodes, 1))

    return parsed(read, str(path), WANTED)


def _decoded(path: Path) -> str:
    """The text of the file in the encoding that its first line declares, else in UTF-8."""
    declared = DECLARED.match(read_text(path, "latin-1"))  # in which every byte is a character
    return read_text(path, declared[1] if declared else "utf-8")


def _thing(node: ElementTree.Element, where: str) -> Thing:
    sides = ("xmin", "ymin", "xmax", "ymax")

    def read() -> tuple[float, ...]:
        return tuple(float(node.findtext(f"bndbox/{side}") or "none") for side in sides)

    left, top, right, bottom = parsed(read, where, WANTED)
    return thing((node.findtext("name") or "").strip(), (left - 1, top - 1, right, bottom), where)
