"""VRML97 with PNG: what older colour printers read (ISO/IEC 14772-1:1997)."""

from collections.abc import Mapping

from textures.meshes.solid import Solid, rows


def vrml_files(solid: Solid) -> Mapping[str, bytes]:
    """`ID.wrl` and `ID.png`; millimetres, y up, both of which the WorldInfo states."""
    stamp = solid.stamp.replace("\\", "\\\\").replace('"', '\\"')
    text = f"""#VRML V2.0 utf8
# {solid.stamp}
WorldInfo {{ title "{stamp}" info [ "id: {solid.id}", "units: mm", "up axis: y" ] }}
Shape {{
appearance Appearance {{
material Material {{ diffuseColor 1 1 1 ambientIntensity 1 specularColor 0 0 0 }}
texture ImageTexture {{ url "{solid.id}.png" repeatS FALSE repeatT FALSE }}
}}
geometry IndexedFaceSet {{
solid FALSE
ccw TRUE
coord Coordinate {{ point [
{rows("%.9g %.9g %.9g,", solid.vertices_mm)}
] }}
coordIndex [
{rows("%d,%d,%d,-1,", solid.faces)}
]
texCoord TextureCoordinate {{ point [
{rows("%.9g %.9g,", solid.uvs)}
] }}
texCoordIndex [
{rows("%d,%d,%d,-1,", solid.uv_faces)}
]
}}
}}
"""
    return {f"{solid.id}.wrl": text.encode(), f"{solid.id}.png": solid.png}
