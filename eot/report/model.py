"""The object of a report as data for a page: quantised corners, and its textures as pictures."""

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float
from torch import Tensor

from eot.report.gallery import encoded
from renders.meshes.mesh import Mesh

VIEWER = Path(__file__).parent / "templates" / "viewer.js"
# More would make the page larger than mail takes.
MOST_FACES = 60_000


@dataclass(frozen=True, eq=False)
class Model:
    """A mesh with the textures a reader may switch between: name to sRGB image."""

    mesh: Mesh
    textures: dict[str, Float[Tensor, "3 u v"]]


def model_of(mesh: Mesh, textures: dict[str, Float[Tensor, "3 u v"]]) -> Model | None:
    """The model, unless its mesh is too large for a page."""
    return None if len(mesh.faces) > MOST_FACES else Model(mesh, textures)


def viewer_script() -> str:
    """The code that draws it (WebGL 2); it reads the page and nothing else."""
    return VIEWER.read_text(encoding="utf-8")


def script_policy() -> str:
    """What a content security policy allows this very script by."""
    digest = hashlib.sha256(viewer_script().encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def corners(mesh: Mesh) -> str:
    """Three corners a face, each x, y, z in 16 bits of the longest half side, in base64."""
    place = mesh.vertices[mesh.faces].reshape(-1, 3).numpy()
    return _packed(place / np.abs(place).max() * 32767, "<i2")


def corner_uvs(mesh: Mesh) -> str:
    """The u and v of these corners, in 16 bits, in base64."""
    return _packed(mesh.uvs.reshape(-1, 2).numpy() * 65535, "<u2")


def _packed(values: Float[np.ndarray, "n c"], kind: str) -> str:
    return base64.b64encode(np.round(values).astype(kind).tobytes()).decode()


def texture_uri(image: Float[Tensor, "3 u v"]) -> str:
    """A texture as a picture inside the page."""
    return f"data:image/png;base64,{base64.b64encode(encoded(image, 'PNG')).decode()}"
