"""The catalogue of objects: what they are called, their true sizes and their shapes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

import torch
from jaxtyping import Float
from torch import Tensor

from renders.errors import InputError, nearest
from renders.meshes.load import centred
from renders.meshes.mesh import Mesh
from renders.meshes.shapes import Shape, ball, box, joined, lathe, ring
from textures.objects import paint


@dataclass(frozen=True)
class Thing:
    """An object: its longest side in mm, its shape in any unit, and its texture."""

    name: str
    size_mm: float
    shape: Callable[[], Shape]
    texture: Callable[[], Float[Tensor, "3 r c"]]


def _can() -> Shape:
    return lathe(((0, 0), (26, 0), (33, 6), (33, 108), (27, 115), (0, 115)))


def _barrel() -> Shape:
    belly = [(24 + 8 * (1 - (level / 45 - 1) ** 2), level) for level in range(0, 91, 9)]
    return lathe(((0, 0), *belly, (0, 90)))


def _cone() -> Shape:
    return lathe(((0, 0), (30, 0), (30, 5), (20, 5), (15, 25), (10, 45), (5, 65), (4, 70), (0, 70)))


def _bottle() -> Shape:
    glass = ((33, 0), (36, 6), (36, 120), (34, 135), (26, 155), (16, 180), (13, 200), (13, 245))
    return lathe(((0, 0), *glass, (15, 246), (15, 262), (0, 262)))


def _vase() -> Shape:
    outside = ((25, 0), (27, 6), (42, 35), (52, 70), (50, 100), (36, 130), (22, 150), (20, 165), (32, 185))
    return lathe(((0, 0), *outside, (28, 187), (16, 165), (0, 160)))


def _mug() -> Shape:
    body = lathe(((0, 0), (38, 0), (41, 4), (41, 95), (38, 95), (37, 8), (0, 8)))
    handle = ring(28, 10).stretched(0.75, 1, 1).moved(x=44, y=48)
    return joined((body, handle), (1, 2))


def _duck() -> Shape:
    body = ball(40).stretched(0.85, 0.7, 1.15)
    head = ball(26).moved(y=42, z=26)
    beak = ball(12).stretched(1.1, 0.45, 1.3).moved(y=38, z=56)
    tail = ball(14).stretched(0.9, 0.8, 1.4).moved(y=16, z=-44)
    return joined((body, head, beak, tail), (2, 2))


OBJECTS: Mapping[str, Thing] = MappingProxyType(
    {
        thing.name: thing
        for thing in (
            Thing("ball", 220, lambda: ball(1.0), paint.football),
            Thing("barrel", 900, _barrel, paint.barrel),
            Thing("bottle", 262, _bottle, paint.bottle),
            Thing("can", 115, _can, paint.can),
            Thing("carton", 400, lambda: box(4, 3, 3), paint.carton),
            Thing("cone", 700, _cone, paint.cone),
            Thing("die", 60, lambda: box(1, 1, 1), paint.die),
            Thing("duck", 120, _duck, paint.duck),
            Thing("mug", 100, _mug, paint.mug),
            Thing("vase", 300, _vase, paint.vase),
        )
    }
)


@cache
def object_named(name: str) -> Mesh:
    """The object of the catalogue, at its true size; an unknown name is an InputError with the nearest."""
    if name not in OBJECTS:
        raise InputError(f"there is no object {name!r}: {nearest(name, OBJECTS)}")
    thing = OBJECTS[name]
    shape = thing.shape()
    extent = shape.vertices.amax(0) - shape.vertices.amin(0)
    vertices = centred(shape.vertices) * (thing.size_mm / 1000 / float(extent.amax()))
    part = torch.zeros(len(shape.faces), dtype=torch.int64)
    return Mesh(name, vertices, shape.faces, shape.uvs, thing.texture()[None], part)
