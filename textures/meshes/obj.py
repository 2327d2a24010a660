"""OBJ with MTL and PNG: the format that every service and every program reads."""

from collections.abc import Mapping

import numpy as np

from textures.meshes.solid import Solid, rows

MATERIAL = "article"


def obj_files(solid: Solid) -> Mapping[str, bytes]:
    """`ID.obj`, `ID.mtl` and `ID.png`; vertices in mm, y up, both of which the comments state."""
    name = solid.id
    corners = np.stack([solid.faces, solid.uv_faces], -1).reshape(-1, 6) + 1
    head = f"# {solid.stamp}\n# units: mm\n# up axis: y\n"
    body = "\n".join(
        (
            f"mtllib {name}.mtl\no {name}",
            rows("v %.9g %.9g %.9g", solid.vertices_mm),
            rows("vt %.9g %.9g", solid.uvs),
            f"usemtl {MATERIAL}",
            rows("f %d/%d %d/%d %d/%d", corners),
        )
    )
    # White: the colour is multiplied with the texture, and some programs assume grey.
    material = f"newmtl {MATERIAL}\nKa 1 1 1\nKd 1 1 1\nKs 0 0 0\nillum 1\nmap_Kd {name}.png\n"
    return {
        f"{name}.obj": f"{head}{body}\n".encode(),
        f"{name}.mtl": f"# {solid.stamp}\n{material}".encode(),
        f"{name}.png": solid.png,
    }
