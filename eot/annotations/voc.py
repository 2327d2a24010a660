"""Pascal VOC's annotations: an .xml per photo."""

from pathlib import Path
from xml.etree import ElementTree

from eot.annotations.annotated import Annotated, Thing, parsed, thing
from renders.errors import InputError

WANTED = "annotation/object/bndbox with xmin, ymin, xmax, ymax"


def read_voc(labels: Path, files: list[Path]) -> tuple[Annotated, ...]:
    """The photos with an .xml of their name in the folder. Counted from 1 there, from 0 here."""
    pairs = ((file, labels / f"{file.stem}.xml") for file in files)
    return tuple(Annotated(file, _things(xml)) for file, xml in pairs if xml.is_file())


def _things(path: Path) -> tuple[Thing, ...]:
    text = path.read_text(encoding="utf-8")
    if "<!ENTITY" in text:
        raise InputError(f"{path}: entities can make a small file huge, and VOC needs none: remove them")

    def read() -> tuple[Thing, ...]:
        return tuple(_thing(node, str(path)) for node in ElementTree.fromstring(text).iter("object"))

    return parsed(read, str(path), WANTED)


def _thing(node: ElementTree.Element, where: str) -> Thing:
    sides = ("xmin", "ymin", "xmax", "ymax")
    left, top, right, bottom = (float(node.findtext(f"bndbox/{side}") or "none") for side in sides)
    return thing((node.findtext("name") or "").strip(), (left - 1, top - 1, right, bottom), where)
