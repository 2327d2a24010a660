"""The rasteriser with a given name: every back end behind one signature."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol, runtime_checkable

from torch import Tensor

from renders.camera import Intrinsics
from renders.errors import InputError, nearest
from renders.fragments import Fragments
from renders.rasterisers import spans


@runtime_checkable
class Rasterise(Protocol):
    """Triangles in view space to the face each pixel sees, without gradient."""

    def __call__(
        self, vertices: Tensor, faces: Tensor, camera: Intrinsics, size: tuple[int, int]
    ) -> Fragments:
        """See `renders.rasterisers.spans.rasterise` for shapes and axes."""


RASTERISERS: Mapping[str, Rasterise] = MappingProxyType({"spans": spans.rasterise})


def rasteriser(name: str = "spans") -> Rasterise:
    """The back end called `name`; an unknown name is an InputError that lists the nearest known ones."""
    if name not in RASTERISERS:
        raise InputError(f"rasteriser {name!r} is not known: {nearest(name, RASTERISERS)}")
    return RASTERISERS[name]
