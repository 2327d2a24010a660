"""The rasteriser with a given name: every back end behind one signature, each imported when it is wanted."""

import importlib
import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol, cast, runtime_checkable

from torch import Tensor

from renders.camera import Intrinsics
from renders.errors import InputError, nearest
from renders.fragments import Fragments
from renders.rasterisers import spans

AUTO = "auto"
# From here on Warp's kernel is faster than torch operations on a CPU too.
MANY_FACES = 50_000


@runtime_checkable
class Rasterise(Protocol):
    """Triangles in view space to the face each pixel sees, without gradient."""

    def __call__(
        self,
        vertices: Tensor,
        faces: Tensor,
        camera: Intrinsics,
        size: tuple[int, int],
        *,
        closed: bool = False,
    ) -> Fragments:
        """See `renders.rasterisers.spans.rasterise` for shapes and axes."""


@dataclass(frozen=True)
class BackEnd:
    """A file of this folder: the package it needs (None: nothing), how to get that, and what it is."""

    package: str | None
    install: str
    meaning: str

    @property
    def available(self) -> bool:
        """Whether its package is installed."""
        if self.package is None:
            return True
        spec = importlib.util.find_spec(self.package)
        # A folder that happens to have its name is found too, but has no file to load.
        return spec is not None and spec.origin is not None


RASTERISERS: Mapping[str, BackEnd] = MappingProxyType(
    {
        "spans": BackEnd(None, "", "torch operations, every device"),
        "warp": BackEnd("warp", "pip install warp-lang", "compiled kernels, CPU and CUDA"),
        "embree": BackEnd("embreex", "pip install embreex", "ray casting, CPU; an independent check"),
        "pytorch3d": BackEnd("pytorch3d", "see docs/back_ends.md", "PyTorch3D's, slow on a CPU"),
        "nvdiffrast": BackEnd("nvdiffrast", "see docs/back_ends.md", "CUDA only, not for commercial use"),
    }
)


def rasteriser(name: str = AUTO) -> Rasterise:
    """The back end called `name`; "auto" picks for each scene by its device and its number of faces.

    Raises InputError for an unknown name, which lists the nearest known ones, and for a package that is
    missing, which says how to get it.
    """
    if name == AUTO:
        return automatic
    if name not in RASTERISERS:
        raise InputError(f"rasteriser {name!r} is not known: {nearest(name, [AUTO, *RASTERISERS])}")
    if not RASTERISERS[name].available:
        install = RASTERISERS[name].install
        raise InputError(f"rasteriser {name!r} needs the package {RASTERISERS[name].package}: {install}")
    return cast(Rasterise, importlib.import_module(f"renders.rasterisers.{name}").rasterise)


def automatic(
    vertices: Tensor, faces: Tensor, camera: Intrinsics, size: tuple[int, int], *, closed: bool = False
) -> Fragments:
    """The faces seen, by whichever back end is fastest here; all see the same, so the choice is silent."""
    chosen = rasteriser(best(vertices.device.type, len(faces)))
    return chosen(vertices, faces, camera, size, closed=closed)


def best(device: str, faces: int) -> str:
    """The name of the back end for a device and a number of faces: Warp for CUDA or many, if installed."""
    wanted = device == "cuda" or (device == "cpu" and faces > MANY_FACES)
    return "warp" if wanted and RASTERISERS["warp"].available else spans.__name__.rpartition(".")[2]
