"""Reads the outlines and pictures of pieces again (SVG, DXF, PNG) and measures them."""

import io
import math
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Mapping

import numpy as np
from PIL import Image

from textures.sheets.inspect import TOLERANCE_MM, Measured
from textures.sheets.manifest import Item, Manifest

Ring = np.ndarray
# Cut lines stand in the manifest to this.
ROUNDED_MM = 1e-3


def inspect_pieces(files: Mapping[str, bytes], manifest: Manifest) -> Iterator[Measured]:
    """The sizes of all pieces in every form; infinitely wrong where a ring is missing or not closed."""
    pieces = list(_pieces(manifest))
    for suffix, read in ((".svg", svg_rings), (".dxf", dxf_rings)):
        errors = []
        for number, item in enumerate(pieces, 1):
            rings = read(files[f"piece-{number}{suffix}"], manifest.cut_spot)
            errors.append(_size_error(rings, item) if len(rings) == len(item.cut) else math.inf)
        whole = read(files[f"outlines{suffix}"], manifest.cut_spot)
        errors.append(0.0 if len(whole) == sum(len(item.cut) for item in pieces) else math.inf)
        yield Measured(f"*{suffix}", "cut lines", len(errors), max(errors), TOLERANCE_MM, "mm")
    sizes = [_picture_error(files[f"piece-{number}.png"], item) for number, item in enumerate(pieces, 1)]
    worst, allowed = max(sizes, key=lambda pair: pair[0] / pair[1])
    yield Measured("piece-*.png", "size", len(sizes), worst, allowed, "mm")


def _pieces(manifest: Manifest) -> Iterator[Item]:
    """The pieces of the attack in their order; the whole face is one."""
    seen: dict[str, Item] = {}
    for target in manifest.targets:
        if target.arm == "attack":
            seen.update({item.id: item for item in target.items})
    return iter(sorted(seen.values(), key=lambda item: int(item.id.partition("-")[2] or 1)))


def _size_error(rings: list[Ring], item: Item) -> float:
    found, wanted = np.concatenate(rings), np.concatenate([np.array(ring) for ring in item.cut])
    return float(np.abs(np.ptp(found, axis=0) - np.ptp(wanted, axis=0)).max())


def _picture_error(data: bytes, item: Item) -> tuple[float, float]:
    """Width or height by its dpi against the cut line, whichever is worse, and what is allowed of it.

    A picture has whole pixels, which are coarse in a large one: half a pixel, or one where it is only one.
    """
    image = Image.open(io.BytesIO(data))
    wanted = np.ptp(np.concatenate([np.array(ring) for ring in item.cut]), axis=0)
    pixels, pixel_mm = np.array(image.size), 25.4 / np.array(image.info["dpi"], dtype=float)
    share = np.where(pixels > 1, 0.5, 1.0)
    allowed = np.maximum(TOLERANCE_MM, share * pixel_mm + ROUNDED_MM)
    error = np.abs(pixels * pixel_mm - wanted)
    worst = (error / allowed).argmax()
    return float(error[worst]), float(allowed[worst])


def svg_rings(data: bytes, layer: str) -> list[Ring]:
    """The closed rings of a layer in mm; none unless a unit of the drawing is a millimetre."""
    root = ElementTree.fromstring(data)
    view = [float(word) for word in root.attrib["viewBox"].split()]
    if [root.attrib["width"], root.attrib["height"]] != [f"{side:.3f}mm" for side in view[2:]]:
        return []
    groups = (group for group in root.iter() if group.attrib.get("id") == layer)
    paths = "".join(path.attrib["d"] for group in groups for path in group)
    number = r"-?\d+(?:\.\d+)?"
    rings = re.findall(rf"M((?:{number} {number}L?)+)Z", paths)
    return [np.array(re.findall(number, ring), dtype=float).reshape(-1, 2) for ring in rings]


def dxf_rings(data: bytes, layer: str) -> list[Ring]:
    """The closed polylines of a layer; none unless the drawing is in millimetres."""
    lines = data.decode("ascii").split("\r\n")
    tags = list(zip((int(code) for code in lines[:-1:2]), lines[1::2], strict=False))
    if (70, "4") not in tags[: tags.index((0, "ENDSEC"))]:
        return []
    rings: list[list[list[float]]] = []
    entity, values = "", dict[int, str]()
    for code, value in [*tags, (0, "EOF")]:
        if code != 0:
            values[code] = value
            continue
        if entity == "POLYLINE" and values.get(8) == layer and values.get(70) == "1":
            rings.append([])
        elif entity == "VERTEX" and rings:
            rings[-1].append([float(values[10]), float(values[20])])
        entity, values = value, {}
    return [np.array(ring) for ring in rings]
