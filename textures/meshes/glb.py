"""GLB (binary glTF 2.0): one file with everything, for viewers and the report."""

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
import trimesh
from PIL import Image
from trimesh.exchange.gltf import export_glb
from trimesh.visual.material import PBRMaterial
from trimesh.visual.texture import TextureVisuals

from textures.meshes.solid import Solid

METRES_PER_MM = 0.001


def glb_files(solid: Solid) -> Mapping[str, bytes]:
    """`ID.glb`: vertices in mm under a node that scales them to the metres glTF asks for; y up as in glTF."""
    pairs = np.stack([solid.faces, solid.uv_faces], -1).reshape(-1, 2)
    # glTF has one index for vertex and UV, so vertices are repeated along the seams.
    distinct, which = np.unique(pairs, axis=0, return_inverse=True)
    material = PBRMaterial(
        name="article",
        baseColorTexture=Image.open(io.BytesIO(solid.png)),
        metallicFactor=0.0,
        roughnessFactor=1.0,
        doubleSided=True,
    )
    mesh = trimesh.Trimesh(
        solid.vertices_mm[distinct[:, 0]],
        which.reshape(-1, 3),
        visual=TextureVisuals(uv=solid.uvs[distinct[:, 1]], material=material),
        process=False,
    )
    scene = trimesh.Scene()
    scene.add_geometry(
        mesh, node_name=solid.id, geom_name=solid.id, transform=np.diag([METRES_PER_MM] * 3 + [1.0])
    )

    def stamped(tree: dict[str, Any]) -> None:
        notes = {"title": solid.stamp, "id": solid.id, "units": "mm, scaled to m", "up_axis": "y"}
        tree["asset"] = {"version": "2.0", "generator": "eot", "extras": notes}
        # Beyond the border there is nothing to repeat.
        for sampler in tree.setdefault("samplers", [{}]):
            sampler.update(wrapS=33071, wrapT=33071, magFilter=9729, minFilter=9987)
        for texture in tree["textures"]:
            texture["sampler"] = 0

    return {f"{solid.id}.glb": export_glb(scene, include_normals=False, tree_postprocessor=stamped)}
