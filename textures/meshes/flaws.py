"""What a workshop would complain about: holes, turned faces, thin walls, odd sizes."""

import json
from dataclasses import dataclass, replace

import numpy as np
import torch
import trimesh
from jaxtyping import Float
from torch import Tensor

from textures.meshes.solid import Solid
from textures.sheets.frame import LABEL

SMALLEST_MM, LARGEST_MM = 5.0, 1000.0
THINNEST_MM = 1.0  # what colour printers in gypsum or nylon hold
THIN_SHARE = 0.01  # of the surface: a sharp edge is thin too, and no reason to worry
RAYS = 400
PAIRS_AT_ONCE = 2_000_000


@dataclass(frozen=True)
class Flaw:
    """One thing that is wrong with a solid as a thing to make: a short name, and a sentence with advice."""

    name: str
    text: str


def flaws_of(solid: Solid) -> list[Flaw]:
    """Everything that is wrong; an empty list for a solid that any workshop should take."""
    body = trimesh.Trimesh(solid.vertices_mm, solid.faces, process=False)
    found = [_size(solid), _flat(body), *_closed(body), _thin(solid, body)]
    return [flaw for flaw in found if flaw is not None]


def flaws_json(solid: Solid) -> bytes:
    """The flaws as a file for programs."""
    found = [{"name": flaw.name, "text": flaw.text} for flaw in flaws_of(solid)]
    record = {"schema": 1, "label": LABEL, "id": solid.id, "flaws": found}
    return (json.dumps(record, indent=1, ensure_ascii=False) + "\n").encode()


def _size(solid: Solid) -> Flaw | None:
    extent = np.ptp(solid.vertices_mm, axis=0)
    words = " x ".join(f"{side:.4g}" for side in extent)
    if extent.max() < SMALLEST_MM:
        return Flaw(
            "small", f"the object is {words} mm: expected 5 mm or more; scale it up, if it is in metres"
        )
    if extent.max() > LARGEST_MM:
        return Flaw("large", f"the object is {words} mm: above 1 m few printers build in one piece; scale it")
    return None


def _flat(body: trimesh.Trimesh) -> Flaw | None:
    flat = int((body.area_faces <= 1e-9 * max(float(body.area), 1e-30)).sum())
    if not flat:
        return None
    return Flaw("flat faces", f"{flat} of {len(body.faces)} faces have no area: delete them")


def _closed(body: trimesh.Trimesh) -> list[Flaw]:
    _, uses = np.unique(body.edges_sorted, axis=0, return_counts=True)
    found = []
    if (uses == 1).any():
        many = int((uses == 1).sum())
        found.append(
            Flaw("open", f"{many} edges have a face on one side only: the surface is not closed; fill it")
        )
    if (uses > 2).any():
        many = int((uses > 2).sum())
        found.append(Flaw("branching", f"{many} edges belong to more than two faces: separate the bodies"))
    if not body.is_winding_consistent:
        found.append(
            Flaw("winding", "neighbouring faces disagree about which side is out: unify the normals")
        )
    elif not (uses == 1).any() and body.volume < 0:
        found.append(Flaw("inside out", "the faces point inwards: turn them all round"))
    return found


def facing_out(solid: Solid) -> Solid:
    """The solid with its faces turned round if it is closed and all of them point inwards."""
    body = trimesh.Trimesh(solid.vertices_mm, solid.faces, process=False)
    if not any(flaw.name == "inside out" for flaw in _closed(body)):
        return solid
    return replace(solid, faces=solid.faces[:, ::-1], uv_faces=solid.uv_faces[:, ::-1])


def _thin(solid: Solid, body: trimesh.Trimesh) -> Flaw | None:
    inwards = -1.0 if body.volume >= 0 else 1.0
    depth = thickness_mm(solid, inwards)
    thin = depth < THINNEST_MM
    if not thin.any() or float(thin.double().mean()) <= THIN_SHARE:
        return None
    share, least = float(thin.double().mean()), float(depth.min())
    return Flaw(
        "thin",
        f"{100 * share:.0f} % of the surface has a wall below {THINNEST_MM:g} mm (down to {least:.2g} mm): "
        "thicken it or print it larger",
    )


def thickness_mm(solid: Solid, inwards: float = -1.0) -> Float[Tensor, " n"]:
    """The way to the opposite wall along the normal, for 400 faces drawn by area; inf: there is none."""
    corners = torch.from_numpy(solid.vertices_mm[solid.faces]).double()
    a, ab, ac = corners[:, 0], corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    normal = torch.cross(ab, ac, dim=-1)
    area = normal.norm(dim=-1)
    share = area.cumsum(0) / area.sum().clamp_min(1e-30)
    # Evenly spread over the surface, the same for every call.
    drawn = torch.searchsorted(share, (torch.arange(RAYS).double() + 0.5) / RAYS).clamp_max(len(area) - 1)
    origin, direction = corners[drawn].mean(1), inwards * normal[drawn] / area[drawn, None].clamp_min(1e-30)
    step = max(1, PAIRS_AT_ONCE // len(area))
    return torch.cat(
        [_way(origin[i : i + step], direction[i : i + step], a, ab, ac) for i in range(0, RAYS, step)]
    )


def _way(origin: Tensor, direction: Tensor, a: Tensor, ab: Tensor, ac: Tensor) -> Float[Tensor, " n"]:
    """Distance of each ray to the first of the triangles it meets (Möller & Trumbore 1997)."""
    side = torch.cross(direction[:, None], ac[None], dim=-1)
    determinant = (side * ab).sum(-1)
    inverse = torch.where(determinant.abs() > 1e-12, determinant, torch.inf).reciprocal()
    offset = origin[:, None] - a
    u = (offset * side).sum(-1) * inverse
    across = torch.cross(offset, ab.expand_as(offset), dim=-1)
    v = (across * direction[:, None]).sum(-1) * inverse
    way = (across * ac).sum(-1) * inverse
    scale = ab.norm(dim=-1).max()
    hit = (u >= 0) & (v >= 0) & (u + v <= 1) & (way > 1e-6 * scale) & (inverse != 0)
    return torch.where(hit, way, torch.inf).amin(1)
