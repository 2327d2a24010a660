"""3MF with texture: what colour printers prefer, since it states its unit.

Core specification 2015/02 and materials extension 2015/02: a texture2d, a group of its coordinates, and
triangles that name one for each corner.
"""

import io
import zipfile
from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from textures.meshes.solid import Solid, rows

FORMAT = "http://schemas.microsoft.com/3dmanufacturing"
CORE, MATERIALS = f"{FORMAT}/core/2015/02", f"{FORMAT}/material/2015/02"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
MODEL, TEXTURE = "3D/3dmodel.model", "3D/Textures/texture.png"
EARLIEST = (1980, 1, 1, 0, 0, 0)
XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
TYPES = (
    f'{XML}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="model" ContentType="application/vnd.ms-package.3dmanufacturing-3dmodel+xml"/>'
    '<Default Extension="png" ContentType="image/png"/></Types>'
)


def threemf_files(solid: Solid) -> Mapping[str, bytes]:
    """`ID.3mf`: millimetres, z up as printers build; the item is moved onto the corner of the build plate."""
    parts = {
        "[Content_Types].xml": TYPES.encode(),
        "_rels/.rels": _relation(MODEL, f"{FORMAT}/2013/01/3dmodel"),
        MODEL: _model(solid).encode(),
        "3D/_rels/3dmodel.model.rels": _relation(TEXTURE, f"{FORMAT}/2013/01/3dtexture"),
        TEXTURE: solid.png,
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in parts.items():
            entry = zipfile.ZipInfo(name, EARLIEST)
            archive.writestr(entry, data, zipfile.ZIP_DEFLATED, compresslevel=6)
    return {f"{solid.id}.3mf": out.getvalue()}


def _relation(target: str, kind: str) -> bytes:
    one = f'<Relationship Target="/{target}" Id="rel0" Type="{kind}"/>'
    return f'{XML}<Relationships xmlns="{RELATIONS}">{one}</Relationships>'.encode()


def _model(solid: Solid) -> str:
    # Standing up: y of the object becomes z of the build plate.
    points = solid.vertices_mm[:, [0, 2, 1]] * np.array([1, -1, 1], dtype=np.float32)
    corner = " ".join(f"{-low:.9g}" for low in points.min(0))
    # The format forbids triangles that use a vertex twice; they have no area.
    faces, uv_faces = solid.faces, solid.uv_faces
    proper = (faces != np.roll(faces, 1, 1)).all(1)
    triangles = np.concatenate([faces[proper], uv_faces[proper]], 1)
    vertices = rows('<vertex x="%.9g" y="%.9g" z="%.9g"/>', points)
    coordinates = rows('<m:tex2coord u="%.9g" v="%.9g"/>', solid.uvs)
    listed = rows(
        '<triangle v1="%d" v2="%d" v3="%d" pid="2" p1="%d" p2="%d" p3="%d"/>',
        triangles,
    )
    return (
        f'{XML}<model unit="millimeter" xml:lang="en-US" xmlns="{CORE}" xmlns:m="{MATERIALS}">'
        f'<metadata name="Title">{escape(solid.stamp)}</metadata>'
        f'<metadata name="Description">{escape(solid.id)}: units mm, up axis z</metadata>'
        '<metadata name="Application">eot</metadata><resources>'
        f'<m:texture2d id="1" path="/{TEXTURE}" contenttype="image/png" tilestyleu="clamp"'
        ' tilestylev="clamp" filter="linear"/>'
        f'<m:texture2dgroup id="2" texid="1">\n{coordinates}\n</m:texture2dgroup>'
        f'<object id="3" type="model" name={quoteattr(solid.id)} pid="2" pindex="0"><mesh><vertices>\n'
        f"{vertices}\n</vertices><triangles>\n{listed}\n</triangles></mesh></object></resources>"
        f'<build><item objectid="3" transform="1 0 0 0 1 0 0 0 1 {corner}"/></build></model>\n'
    )
