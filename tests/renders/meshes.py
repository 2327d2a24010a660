"""Small mesh files for tests, written as text."""

from pathlib import Path

import numpy as np
from PIL import Image

TETRAHEDRON = """mtllib thing.mtl
usemtl paint
v 0 0 0
v 1 0 0
v 0 2 0
v 0 0 1
vt 0 0
vt 0.4 0
vt 0 0.4
vt 0.6 0.6
vt 0.95 0.6
vt 0.6 0.95
f 1/1 3/3 2/2
f 1/4 2/5 4/6
f 1/1 4/3 3/2
f 2/4 3/5 4/6
"""
SEPARATE = """v 0 0 0
v 1 0 0
v 0 1 0
v 0 0 1
vt 0.1 0.1
vt 0.4 0.1
vt 0.1 0.4
vt 0.6 0.6
vt 0.9 0.6
vt 0.6 0.9
f 1/1 2/2 3/3
f 1/4 3/5 4/6
"""
PLY = """ply
format ascii 1.0
element vertex 3
property float x
property float y
property float z
property float s
property float t
element face 1
property list uchar int vertex_indices
end_header
0 0 0 0.1 0.1
1 0 0 0.9 0.1
0 2 0 0.1 0.9
3 0 1 2
"""
MATERIAL = "newmtl paint\nKd 0.2 0.4 0.6\nmap_Kd paint.png\n"


def write_obj(
    folder: Path, text: str = TETRAHEDRON, material: str | None = MATERIAL, picture: bool = True
) -> Path:
    """An OBJ with its material and picture in a folder; the picture is red left, blue right."""
    path = folder / "thing.obj"
    path.write_text(text)
    if material is not None:
        (folder / "thing.mtl").write_text(material)
    if picture:
        levels = np.zeros((32, 64, 3), np.uint8)
        levels[:, :32, 0] = levels[:, 32:, 2] = 200
        Image.fromarray(levels).save(folder / "paint.png")
    return path
