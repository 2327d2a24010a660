"""Independent readers of every mesh format: what a program that knows nothing of ours finds in the files."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import lib3mf
import numpy as np
import trimesh
from PIL import Image

from textures.meshes.solid import Solid


@dataclass(frozen=True, eq=False)
class Read:
    """Corners of every face in mm (y up), their UVs, and the texture; of a PLY a colour for every corner."""

    corners_mm: np.ndarray
    corner_uvs: np.ndarray | None = None
    texels: np.ndarray | None = None
    colours: np.ndarray | None = None


def texels_of(data: bytes) -> np.ndarray:
    with Image.open(BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))


def obj(files: Mapping[str, bytes], solid: Solid, folder: Path) -> Read:
    for name, data in files.items():
        (folder / name).write_bytes(data)
    mesh = trimesh.load_mesh(folder / f"{solid.id}.obj", process=False)
    material = mesh.visual.material
    assert material.main_color.tolist() == [255, 255, 255, 255]
    return Read(
        mesh.vertices[mesh.faces], mesh.visual.uv[mesh.faces], np.asarray(material.image.convert("RGB"))
    )


def glb(files: Mapping[str, bytes], solid: Solid, folder: Path) -> Read:
    scene = trimesh.load_scene(BytesIO(files[f"{solid.id}.glb"]), file_type="glb", process=False)
    (mesh,) = scene.dump()
    # In the scene the object has its size in metres.
    texels = np.asarray(mesh.visual.material.baseColorTexture.convert("RGB"))
    return Read(mesh.vertices[mesh.faces] * 1000, mesh.visual.uv[mesh.faces], texels)


def threemf(files: Mapping[str, bytes], solid: Solid, folder: Path) -> Read:
    model = lib3mf.Wrapper().CreateModel()
    reader = model.QueryReader("3mf")
    reader.SetStrictModeActive(True)
    reader.ReadFromBuffer(files[f"{solid.id}.3mf"])
    assert reader.GetWarningCount() == 0
    assert model.GetUnit() == lib3mf.ModelUnit.MilliMeter
    meshes = model.GetMeshObjects()
    assert meshes.MoveNext()
    mesh = meshes.GetCurrentMeshObject()
    points = np.array([list(vertex.Coordinates) for vertex in mesh.GetVertices()])
    faces = np.array([list(triangle.Indices) for triangle in mesh.GetTriangleIndices()])
    groups = model.GetTexture2DGroups()
    assert groups.MoveNext()
    group = groups.GetCurrentTexture2DGroup()
    places = {i: group.GetTex2Coord(i) for i in group.GetAllPropertyIDs()}
    used = [list(properties.PropertyIDs) for properties in mesh.GetAllTriangleProperties()]
    uvs = np.array([[(places[i].U, places[i].V) for i in three] for three in used])
    attachment = group.GetTexture2D().GetAttachment()
    return Read(points[faces][..., [0, 2, 1]] * [1, 1, -1], uvs, texels_of(bytes(attachment.WriteToBuffer())))


def vrml(files: Mapping[str, bytes], solid: Solid, folder: Path) -> Read:
    text = files[f"{solid.id}.wrl"].decode()
    assert text.startswith("#VRML V2.0 utf8\n") and "up axis: y" in text

    def numbers(field: str, columns: int) -> np.ndarray:
        (found,) = re.findall(rf"\b{field}\s*(?:\w+ {{ point )?\[([^\]]*)\]", text)
        return np.array([float(word) for word in re.split(r"[\s,]+", found.strip(" \n,"))]).reshape(
            -1, columns
        )

    faces, uv_faces = (numbers(field, 4).astype(int) for field in ("coordIndex", "texCoordIndex"))
    assert (faces[:, 3] == -1).all() and (uv_faces[:, 3] == -1).all()
    (picture,) = re.findall(r'ImageTexture \{ url "([^"]*)"', text)
    points, uvs = numbers("coord", 3), numbers("texCoord", 2)
    return Read(points[faces[:, :3]], uvs[uv_faces[:, :3]], texels_of(files[picture]))


def ply(files: Mapping[str, bytes], solid: Solid, folder: Path) -> Read:
    mesh = trimesh.load_mesh(BytesIO(files[f"{solid.id}.ply"]), file_type="ply", process=False)
    return Read(mesh.vertices[mesh.faces], colours=mesh.visual.vertex_colors[mesh.faces][..., :3])


READERS = {"obj": obj, "glb": glb, "3mf": threemf, "vrml": vrml, "ply": ply}
