"""What stands where on the prints of an article, in mm: `sheet.json`, which a photo is read with.

A `Target` is what is seen together in a photo: a plane with four markers. Everything on it has
coordinates of that plane, in mm from the top left, y down: those of the face for a face with its markers
(`kind` is `board`, or `cards` where the markers are mounted beside a face, or `tiles` where there are none),
those of the paper for a `page` of pieces or a `chart`. `prints` says which rectangle of the plane lies where
on which page; a large face takes many.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from renders.errors import InputError

SCHEMA = 2
Point = tuple[float, float]
BoxMm = tuple[float, float, float, float]
Arm = Literal["attack", "clean", "blank", "noise", "shuffled"]


@dataclass(frozen=True)
class Page:
    """A page of a file; `number` counts from 1."""

    file: str
    number: int
    width_mm: float
    height_mm: float


@dataclass(frozen=True)
class Print:
    """The rectangle `plane_mm` (x, y, width, height) of a target's plane lies on `pages[page]` at `at_mm`."""

    page: int
    plane_mm: BoxMm
    at_mm: Point


@dataclass(frozen=True)
class Marker:
    """A fiducial; `corners_mm` are those of its black square, from the top left clockwise."""

    dictionary: str
    id: int
    side_mm: float
    corners_mm: tuple[Point, Point, Point, Point]


@dataclass(frozen=True)
class Item:
    """Something printed: the rectangle `box_mm` of the plane, with `texels` (columns, rows) of art on it.

    `face_mm` is where its top left belongs on the face; `cut` holds the closed rings of its cut line.
    """

    kind: Literal["face", "piece"]
    id: str
    box_mm: BoxMm
    face_mm: Point
    texels: tuple[int, int]
    texel_mm: Point
    cut: tuple[tuple[Point, ...], ...]


@dataclass(frozen=True)
class Cell:
    """A field of one colour (sRGB, 8 bits) of a chart or a strip; read the middle of it."""

    srgb: tuple[int, int, int]
    box_mm: BoxMm


@dataclass(frozen=True)
class Target:
    """A plane with its markers. `arm` is what is printed on it; None belongs to every arm, or to none."""

    id: str
    kind: Literal["board", "cards", "tiles", "page", "chart"]
    arm: Arm | None
    size_mm: Point
    markers: tuple[Marker, ...]
    items: tuple[Item, ...]
    cells: tuple[Cell, ...]
    prints: tuple[Print, ...]


@dataclass(frozen=True)
class Manifest:
    """All prints of an article. `profile` names the print profile that it was optimised with."""

    schema: int
    label: str
    id: str
    title: str
    run: str
    date: str
    face_mm: Point
    texels: tuple[int, int]
    paper: str
    scale_bar_mm: float
    bleed_mm: float
    cut_spot: str
    dpi: float
    profile: str
    controls: tuple[Arm, ...]
    pages: tuple[Page, ...]
    targets: tuple[Target, ...]

    def markers(self) -> Iterator[tuple[Target, Marker]]:
        """Every marker with what it stands on; no number comes twice."""
        return ((target, marker) for target in self.targets for marker in target.markers)

    def face_markers(self) -> frozenset[int]:
        """The numbers by which a photo tells which face it shows."""
        return frozenset(marker.id for target, marker in self.markers() if target.kind in ("board", "cards"))

    def charts(self) -> tuple[Target, ...]:
        """The targets that are colour charts."""
        return tuple(target for target in self.targets if target.kind == "chart")


_ADAPTER = TypeAdapter(Manifest)


def encode_manifest(manifest: Manifest) -> bytes:
    """The manifest as JSON: the same bytes each time, readable by people."""
    return _ADAPTER.dump_json(manifest, indent=1) + b"\n"


def decode_manifest(data: bytes, source: str) -> Manifest:
    """The manifest in the bytes of a `sheet.json`; InputError with its name where it is none."""
    try:
        manifest = _ADAPTER.validate_json(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InputError(
            f"{source}: expected the figures of printed sheets; {where or 'the file'}: {first['msg']}: "
            "write it anew with eot print"
        ) from error
    if manifest.schema != SCHEMA:
        raise InputError(
            f"{source}: expected schema {SCHEMA}; got {manifest.schema}: write it anew with eot print"
        )
    return manifest
