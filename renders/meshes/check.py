"""What is wrong with a mesh for painting, rendering and printing it, each with what to do."""

from dataclasses import dataclass
from enum import Enum

import numpy as np
import torch
import trimesh
from jaxtyping import Bool, Float
from torch import Tensor

from renders.meshes.islands import area, island_of, overlap
from renders.meshes.mesh import Mesh

# Islands that only touch overlap by rounding of their borders to texels.
TOUCHING = 0.02
# A face whose height is below this share of the mesh's size has no area to speak of.
SLIVER = 1e-7


class Severity(Enum):
    """ERROR: it cannot be used. WARNING: it can, with the consequence that is named. NOTE: good to know."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True)
class Fault:
    """One finding about a mesh."""

    severity: Severity
    text: str


def faults(mesh: Mesh) -> tuple[Fault, ...]:
    """Everything that a loaded mesh has against it, the worst first."""
    found = [*_uv_faults(mesh), *_shape_faults(mesh)]
    order = list(Severity)
    return tuple(sorted(found, key=lambda fault: order.index(fault.severity)))


def double_area(mesh: Mesh) -> Float[Tensor, " f"]:
    """Twice the area of each face, m²."""
    a, b, c = mesh.vertices.double()[mesh.faces].unbind(1)
    return torch.linalg.cross(b - a, c - a).norm(dim=-1)


def slivers(mesh: Mesh) -> Bool[Tensor, " f"]:
    """The faces without an area to speak of: lower, over their longest side, than SLIVER of the mesh."""
    corners = mesh.vertices.double()[mesh.faces]
    longest = (corners - corners.roll(1, 1)).norm(dim=-1).amax(1)
    return double_area(mesh) <= SLIVER * max(mesh.size_m) * longest


def _uv_faults(mesh: Mesh) -> list[Fault]:
    found = []
    flat = area(mesh.uvs.double()).abs() < 1e-12
    blind = int((flat & ~slivers(mesh)).sum())
    if bool(flat.all()):
        return [Fault(Severity.ERROR, "no face has an area on the texture: unwrap it again (--unwrap)")]
    if blind:
        text = f"{blind} faces have no area on the texture and show one colour each: unwrap them"
        found.append(Fault(Severity.WARNING, text))
    doubled = overlap(mesh.uvs)
    if doubled > TOUCHING:
        text = (
            f"{doubled:.0%} of the islands overlap: these places always look alike; --unwrap separates them"
        )
        found.append(Fault(Severity.WARNING, text))
    mirrored = float((area(mesh.uvs.double()) < -1e-12).float().mean())
    if 0.01 < mirrored < 1:
        text = f"{mirrored:.0%} of the faces are mirrored on the texture; decals of them are turned back"
        found.append(Fault(Severity.NOTE, text))
    used = float(area(mesh.uvs.double()).abs().sum())
    found.append(
        Fault(Severity.NOTE, f"{int(island_of(mesh.uvs).max()) + 1} islands on {used:.0%} of the texture")
    )
    return found


def _shape_faults(mesh: Mesh) -> list[Fault]:
    found = []
    body = trimesh.Trimesh(mesh.vertices.numpy(), mesh.faces.numpy(), process=False)
    thin = int(slivers(mesh).sum())
    if thin:
        found.append(Fault(Severity.WARNING, f"{thin} faces have no area and are never seen: remove them"))
    twice = len(mesh.faces) - len(np.unique(np.sort(mesh.faces.numpy(), 1), axis=0))
    if twice:
        text = f"{twice} faces lie on others: which of them is seen is a matter of rounding; remove them"
        found.append(Fault(Severity.WARNING, text))
    if not body.is_watertight:
        text = "not closed: fine for decals and pictures; a 3D printer needs it closed"
        found.append(Fault(Severity.WARNING, text))
    if not body.is_winding_consistent:
        text = "faces turn both ways: inside and outside cannot be told apart; make normals consistent"
        found.append(Fault(Severity.WARNING, text))
    elif body.is_watertight and body.volume < 0:
        text = "inside out: faces go clockwise seen from outside; flip the normals before printing"
        found.append(Fault(Severity.WARNING, text))
    return found
