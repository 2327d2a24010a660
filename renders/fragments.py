"""Which triangle each pixel sees, and from that, differentiably, where on the texture it looks.

A rasteriser only names the face of each pixel. Everything a picture needs is evaluated here from the
planes of that face, so all back ends give the same picture, with gradients to the vertices. (Gradients of
the silhouette are absent: which face is seen is a constant.)
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from renders.camera import Intrinsics


@dataclass(frozen=True)
class Fragments:
    """The faces seen by k views of h by w pixels, as a list of covered pixels in ascending order.

    `cell [p]` is view * h * w + row * w + column, `face [p]` is packed: view * F + face. The triangles they
    came from are kept for the dense fields of PyTorch3D, which are made when asked for.
    """

    cell: Int[Tensor, " p"]
    face: Int[Tensor, " p"]
    size: tuple[int, int]
    vertices: Float[Tensor, "k v 3"]
    faces: Int[Tensor, "f 3"]
    camera: Intrinsics

    @property
    def pix_to_face(self) -> Int[Tensor, "k h w 1"]:
        """Packed face of each pixel, -1 where nothing is hit."""
        return self._dense(self.face)[..., None]

    @property
    def zbuf(self) -> Float[Tensor, "k h w 1"]:
        """View-space depth of each pixel in metres, -1 where nothing is hit."""
        return self._dense(1 / self._weights().sum(0)).to(self.vertices)[..., None]

    @property
    def bary_coords(self) -> Float[Tensor, "k h w 1 3"]:
        """Perspective-correct barycentric coordinates of each pixel, -1 where nothing is hit."""
        weights = self._weights()
        shares = (weights / weights.sum(0)).to(self.vertices)
        return torch.stack([self._dense(share) for share in shares], -1)[..., None, :]

    def depth_planes(self) -> tuple[Float[Tensor, "3 n"], Int[Tensor, " cells"]]:
        """Planes (of x_px, of y_px, constant) of 1/z of the n faces seen, float64, and which of them is seen
        in each of the k h w cells; -1 where nothing is hit.
        """
        seen, index = _distinct(self.face, len(self.vertices) * len(self.faces))
        return edge_planes(self.vertices, self.faces, self.camera, seen).sum(1), self._dense(index).flatten()

    def _weights(self) -> Tensor:
        """The barycentrics over depth `[3 p]`."""
        seen, index = _distinct(self.face, len(self.vertices) * len(self.faces))
        _, x, y = _pixels(self.cell, self.size)
        return _evaluated(picked(edge_planes(self.vertices, self.faces, self.camera, seen), index), x, y)

    def _dense(self, values: Tensor) -> Tensor:
        grid = values.new_full((len(self.vertices), *self.size), -1)
        grid.flatten()[self.cell] = values
        return grid


@dataclass(frozen=True)
class Hits:
    """What the covered pixels see, as a list of p.

    Convention: `view` is the view and `pixel` = row * w + column within it; `uv` (0, 0) is the bottom-left
    of the texture; `footprint` is the Jacobian d(u, v)/d(x_px, y_px), rows (u, v), columns (x, y), in UV
    units per pixel. `face_normal [n 3]` of the n faces seen (in the views `face_view [n]`) is the unit normal
    on the side that is seen, `face [p]` the place of a pixel's face in that list.
    """

    view: Int[Tensor, " p"]
    pixel: Int[Tensor, " p"]
    uv: Float[Tensor, "p 2"]
    footprint: Float[Tensor, "p 2 2"]
    depth: Float[Tensor, " p"]
    face: Int[Tensor, " p"]
    face_view: Int[Tensor, " n"]
    face_normal: Float[Tensor, "n 3"]
    camera: Intrinsics
    width_px: int

    @property
    def normal(self) -> Float[Tensor, "p 3"]:
        """Outward unit normal of each pixel's face, in view space, towards the camera."""
        return self.face_normal.index_select(0, self.face)

    @property
    def position(self) -> Float[Tensor, "p 3"]:
        """The point each pixel sees, in view space, metres."""
        x, y = self.slopes
        return torch.stack([x * self.depth, y * self.depth, self.depth], -1)

    @property
    def slopes(self) -> tuple[Float[Tensor, " p"], Float[Tensor, " p"]]:
        """X/Z and Y/Z along the ray of each pixel."""
        row = self.pixel.double().add_(0.5).div_(self.width_px).floor_()
        column = self.pixel - row * self.width_px
        camera = torch.stack([self.camera.centre_x_px, self.camera.centre_y_px, self.camera.focal_px])
        centre_x, centre_y, focal = camera.to(self.depth).index_select(1, self.view)
        x = (centre_x - column.to(self.depth) - 0.5) / focal
        y = (centre_y - row.to(self.depth) - 0.5) / focal
        return x, y


def locate(
    fragments: Fragments,
    vertices: Float[Tensor, "k v 3"],
    faces: Int[Tensor, "f 3"],
    uvs: Float[Tensor, "v 2"] | Float[Tensor, "f 3 2"],
    camera: Intrinsics,
) -> Hits:
    """Where on the article each covered pixel looks; differentiable to the vertices, the UVs and the camera.

    `vertices` are in view space, metres; `uvs` per vertex `[v 2]`, or per corner `[f 3 2]` where the texture
    has seams. 1/z, u/z and v/z of a flat triangle are planes over the image, so UV and footprint are exact,
    with no differences between neighbouring pixels. Evaluated in float64: in float32 the planes of small or
    slanted faces are off by many texels.
    """
    k, height, width = len(vertices), *fragments.size
    seen, index = _distinct(fragments.face, k * len(faces))
    edges = edge_planes(vertices, faces, camera, seen)
    corner_uv = (uvs if uvs.ndim == 3 else uvs[faces]).double()[seen % len(faces)]
    # 1/z, u/z and v/z, each a sum over the corners; a matrix product would leave them in an order of memory
    # from which the pixels take three times as long to pick.
    over_z = torch.stack([edges.sum(1), *((edges * part).sum(1) for part in corner_uv.permute(2, 1, 0))])

    view, x, y = _pixels(fragments.cell, fragments.size)
    planes = picked(over_z, index)
    values = _evaluated(planes.transpose(0, 1), x, y)
    depth = values[0].reciprocal()
    uv = values[1:] * depth
    # d(u)/dx = (d(u/z)/dx - u d(1/z)/dx) z, and so for v and y.
    footprint = torch.addcmul(planes[1:, :2], uv[:, None], planes[0, :2], value=-1) * depth
    return Hits(
        view=view,
        pixel=fragments.cell - view * (height * width),
        uv=uv.to(vertices).T,
        footprint=footprint.to(vertices).permute(2, 0, 1),
        depth=depth.to(vertices),
        face=index,
        face_view=seen // len(faces),
        face_normal=_normals(vertices, faces, seen),
        camera=camera,
        width_px=width,
    )


def edge_planes(
    vertices: Float[Tensor, "k v 3"], faces: Int[Tensor, "f 3"], camera: Intrinsics, packed: Int[Tensor, " n"]
) -> Float[Tensor, "c i n"]:
    """Coefficients (of x_px, of y_px, constant) of the planes w_i(x, y) = barycentric i over depth, float64.

    A pixel's ray d meets the face where z d = V b, V having the corners as columns: b / z = V^-1 d. Inside
    all w_i >= 0 and their sum is 1/z, also when corners lie behind the camera (homogeneous edge functions,
    Olano & Greer 1997), so nothing needs clipping. Faces seen edge-on have no planes: inf or nan.
    """
    view, corners = packed // len(faces), faces[packed % len(faces)]
    offsets = view[:, None] * vertices.shape[1] + corners
    points = vertices.double().flatten(0, 1).T.contiguous()
    x, y, z = picked(points, offsets.T.flatten()).unflatten(1, (3, -1))
    # Rows of the adjugate: the cross product of the other two corners. Axes [3 edges, n].
    x1, y1, z1, x2, y2, z2 = (part.roll(-shift, 0) for shift in (1, 2) for part in (x, y, z))
    cross = y1 * z2 - z1 * y2, z1 * x2 - x1 * z2, x1 * y2 - y1 * x2
    volume = (x[0] * cross[0][0] + y[0] * cross[1][0]) + z[0] * cross[2][0]
    # Exactly flat faces leave rounding noise, not zero; they must not be seen.
    scale = (x.square() + y.square() + z.square()).prod(0).sqrt()
    inverse = torch.where(volume.abs() > 1e-15 * scale, volume, torch.zeros_like(volume)).reciprocal()
    focal, centre_x, centre_y = (
        part.double().index_select(0, view)
        for part in (camera.focal_px, camera.centre_x_px, camera.centre_y_px)
    )
    by_x, by_y = -cross[0] * (inverse / focal), -cross[1] * (inverse / focal)
    return torch.stack([by_x, by_y, cross[2] * inverse - by_x * centre_x - by_y * centre_y])


def picked(values: Float[Tensor, "*c n"], index: Int[Tensor, " p"]) -> Float[Tensor, "*c p"]:
    """Columns of a small table, one for each pixel; on a CPU several times as fast as index_select."""
    return values.gather(-1, index.expand(*values.shape[:-1], -1))


def _evaluated(planes: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Planes `[3 coefficients, s, p]` at p pixels: `[s p]`."""
    return torch.addcmul(torch.addcmul(planes[2], planes[0], x), planes[1], y)


def _pixels(cell: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor, Tensor]:
    """View (integer) and pixel centre x, y (float64) of cells; integer division is slow, this is exact."""
    height, width = size
    row = cell.double().add_(0.5).div_(width).floor_()
    x = cell.double().add_(0.5).sub_(row * width)
    view = row.add(0.5).div_(height).floor_()
    return view.to(cell), x, row.sub_(view * height).add_(0.5)


def _distinct(face: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """The packed faces that are seen, and the place of each pixel's face among them (a sort-free unique)."""
    mark = torch.zeros(count, dtype=torch.bool, device=face.device)
    mark[face] = True
    return mark.nonzero()[:, 0], (mark.cumsum(0) - 1).index_select(0, face)


def _normals(vertices: Tensor, faces: Tensor, packed: Tensor) -> Tensor:
    """Unit normals of the packed faces, on the side the camera sees."""
    view, corners = packed // len(faces), faces[packed % len(faces)]
    offsets = view[:, None] * vertices.shape[1] + corners
    points = vertices.double().flatten(0, 1).T.contiguous()
    a, b, c = picked(points, offsets.T.flatten()).unflatten(1, (3, -1)).unbind(1)
    normal = torch.linalg.cross(b - a, c - a, dim=0)
    normal = normal * -torch.where((normal * a).sum(0) > 0, 1.0, -1.0)
    return torch.nn.functional.normalize(normal, dim=0).T.contiguous().to(vertices)
