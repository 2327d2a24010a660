"""A textured object as its exporters write it: millimetres, eight-bit colours, one index for each UV."""

import io
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Int64, UInt8
from PIL import Image, PngImagePlugin
from torch import Tensor

from renders.errors import InputError
from renders.meshes.islands import coverage, filled
from renders.meshes.mesh import Mesh
from textures.sheets.article import ID_LETTERS, printable
from textures.sheets.frame import LABEL

MM_PER_M = 1000.0


@dataclass(frozen=True, eq=False)
class Solid:
    """A textured object of true size.

    Convention: x to the right, y up, z towards the viewer, mm; faces counter-clockwise from outside. UV
    (0, 0) is the bottom-left of the texture, texel-AREA convention. A corner of a face has a vertex
    (`faces`) and a UV (`uv_faces`), so seams cut the texture and not the surface.

    Args:
        id: short, of letters, digits and `-_.`; it names the files and stands in all of them.
        texels: sRGB, the colours of the islands carried on past their borders.
    """

    id: str
    title: str
    run_hash: str
    vertices_mm: Float32[np.ndarray, "v 3"]
    faces: Int64[np.ndarray, "f 3"]
    uvs: Float32[np.ndarray, "n 2"]
    uv_faces: Int64[np.ndarray, "f 3"]
    texels: UInt8[np.ndarray, "h w 3"]
    date: str = ""

    @property
    def stamp(self) -> str:
        """What every file says about itself, in one line."""
        run = f", run {self.run_hash[:16]}" if self.run_hash else ""
        return f"{LABEL} {self.id}: {self.title}{run}"

    @property
    def corner_uvs(self) -> Float32[np.ndarray, "f 3 2"]:
        """The UV of every corner of every face."""
        return self.uvs[self.uv_faces]

    @property
    def texel_mm(self) -> float:
        """The side of a texel on the object, of one of the mean size."""
        rows, columns = self.texels.shape[:2]
        return mean_texel_mm(self.vertices_mm[self.faces], self.corner_uvs, (rows, columns))

    @property
    def png(self) -> bytes:
        """The texture as a PNG that carries the stamp."""
        notes = PngImagePlugin.PngInfo()
        notes.add_itxt("Title", self.stamp)
        out = io.BytesIO()
        Image.fromarray(self.texels).save(out, "PNG", pnginfo=notes)
        return out.getvalue()


def solid_of(
    mesh: Mesh, image: Float[Tensor, "3 u v"], identifier: str, title: str = "", run_hash: str = ""
) -> Solid:
    """The object with a texture (sRGB in [0, 1]) on it, ready to be written.

    Raises InputError for an id that does not fit into a file name and for a texture outside [0, 1].
    """
    if not identifier or not set(identifier) <= ID_LETTERS:
        raise InputError(f"expected an id of letters, digits and -_.; got {identifier!r}: rename it")
    if not bool(((image >= 0) & (image <= 1)).all()):
        raise InputError("expected a texture in [0, 1]; got values outside: divide by 255 or clip")
    corners = mesh.uvs.detach().cpu().float().numpy().reshape(-1, 2) + 0.0
    uvs, which = np.unique(corners, axis=0, return_inverse=True)
    # Vertices at the very same place become one: many files repeat them along the seams of the texture.
    # (Adding nought makes -0 the same place as 0.)
    points = (mesh.vertices.detach().cpu().double() * MM_PER_M).float().numpy() + 0.0
    vertices, welded = np.unique(points, axis=0, return_inverse=True)
    whole = filled(
        image.detach().cpu()[None], coverage(mesh.uvs.detach().cpu(), (image.shape[1], image.shape[2]))
    )[0]
    levels = (whole * 255).round().permute(1, 2, 0).numpy().astype(np.uint8)
    return Solid(
        id=identifier,
        title=printable(title or mesh.name),
        run_hash=run_hash,
        vertices_mm=vertices,
        faces=welded.reshape(-1)[mesh.faces.cpu().numpy()].astype(np.int64),
        uvs=uvs,
        uv_faces=which.reshape(-1, 3).astype(np.int64),
        texels=np.ascontiguousarray(levels),
    )


def mean_texel_mm(
    corners_mm: Float[np.ndarray, "f 3 3"], corner_uvs: Float[np.ndarray, "f 3 2"], size: tuple[int, int]
) -> float:
    """The side of a texel on a surface: the root of all its area over all the texels that lie on it."""
    edges = np.diff(corners_mm.astype(float), axis=1)
    double_mm2 = np.linalg.norm(np.cross(edges[:, 0], edges[:, 1]), axis=-1).sum()
    double_share = np.abs(np.linalg.det(np.diff(corner_uvs.astype(float), axis=1))).sum()
    # Less than one texel is looked at as one.
    return float(np.sqrt(double_mm2 / max(double_share * size[0] * size[1], 2.0)))


def rows(pattern: str, values: np.ndarray) -> str:
    """One line of text for each row of an array; `%.9g` gives a float32 back exactly."""
    return "\n".join(map(pattern.__mod__, map(tuple, values.tolist())))
