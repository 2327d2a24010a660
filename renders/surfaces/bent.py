"""A flat article put on something that is not flat: round a cylinder, or on cloth."""

from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float, Int
from torch import Tensor

from renders.conditions import Condition
from renders.errors import InputError
from renders.geometry import to_view
from renders.surfaces.surface import Skin

# A face of a bent article turns by no more than this against its neighbour.
STEP_DEG = 4.0
WAVES = 12


def grid_faces(columns: int, rows: int) -> Int[Tensor, "f 3"]:
    """Two triangles for each cell of a grid of vertices, row by row from the top, seen from the front."""
    place = torch.arange((columns + 1) * (rows + 1)).reshape(rows + 1, columns + 1)
    a, b, c, d = place[:-1, :-1], place[:-1, 1:], place[1:, 1:], place[1:, :-1]
    return torch.stack([torch.stack([a, c, b], -1), torch.stack([a, d, c], -1)], -2).reshape(-1, 3)


def grid_uvs(columns: int, rows: int) -> Float[Tensor, "v 2"]:
    """Where on the texture these vertices are."""
    u = torch.linspace(0, 1, columns + 1).expand(rows + 1, -1)
    v = torch.linspace(1, 0, rows + 1)[:, None].expand(-1, columns + 1)
    return torch.stack([u, v], -1).reshape(-1, 2)


@dataclass(frozen=True)
class Cylinder:
    """A sheet `width_m` by `height_m` wrapped round an upright cylinder: a sticker on a mug, can or pole.

    Its middle faces the camera at yaw 0 and is at `distance_m`; nothing is stretched. The cylinder itself is
    not drawn: what is not covered by the sheet shows what is behind it.
    """

    width_m: float
    height_m: float
    radius_m: float
    coverage: Float[Tensor, "1 u v"] | None = None

    def __post_init__(self) -> None:
        if not min(self.width_m, self.height_m, self.radius_m) > 0:
            raise InputError("surface.radius_mm: expected a width, height and radius above 0")
        if self.wrap_deg > 360 + 1e-6:
            raise InputError(
                f"surface.radius_mm: expected {self.width_m / 2 / torch.pi * 1000:.1f} or more, one turn at "
                f"most; got {self.radius_m * 1000:g}: the sheet would overlap itself"
            )

    @property
    def wrap_deg(self) -> float:
        """The angle that the sheet goes round."""
        return float(torch.rad2deg(torch.tensor(self.width_m / self.radius_m, dtype=torch.float64)))

    @property
    def columns(self) -> int:
        """Facets round the cylinder."""
        return max(1, round(self.wrap_deg / STEP_DEG))

    @cached_property
    def points(self) -> Float[Tensor, "v 3"]:
        """The vertices in article space."""
        u, v = grid_uvs(self.columns, 1).double().unbind(-1)
        angle = (u - 0.5) * self.width_m / self.radius_m
        x, z = self.radius_m * angle.sin(), self.radius_m * (angle.cos() - 1)
        return torch.stack([x, (v - 0.5) * self.height_m, z], -1)

    def skin(self, like: Tensor) -> Skin:
        """The facets with the whole texture."""
        return Skin(grid_faces(self.columns, 1).to(like.device), grid_uvs(self.columns, 1).to(like))

    def vertices(self, condition: Condition) -> Float[Tensor, "k v 3"]:
        """The corners in view space, metres."""
        return to_view(self.points, condition)


@dataclass(frozen=True)
class Cloth:
    """A sheet `width_m` by `height_m` of wrinkled cloth: a print on a T-shirt.

    Every view has wrinkles of its own, a sum of plane waves of random directions and phases: their height has
    the standard deviation `condition.wrinkle` times the width, their length is about `wavelength` of the
    width. They move points out of the sheet only.
    """

    width_m: float
    height_m: float
    wavelength: float = 0.4
    cells: int = 32
    coverage: Float[Tensor, "1 u v"] | None = None

    def __post_init__(self) -> None:
        if not min(self.width_m, self.height_m, self.wavelength) > 0:
            raise InputError("surface: expected a width, a height and a wavelength above 0")

    def skin(self, like: Tensor) -> Skin:
        """The cells with the whole texture."""
        return Skin(
            grid_faces(self.cells, self.cells).to(like.device), grid_uvs(self.cells, self.cells).to(like)
        )

    def relief(self, condition: Condition) -> Float[Tensor, "k v"]:
        """Height of the vertices over the flat sheet in each view, metres; the view's noise seed draws it."""
        uv = grid_uvs(self.cells, self.cells).double()
        place = uv * torch.tensor([1.0, self.height_m / self.width_m])
        waves = [_waves(int(seed), self.wavelength) for seed in condition.noise_seed.tolist()]
        wave, phase = (torch.stack(parts) for parts in zip(*waves, strict=True))
        heights = torch.cos(place @ wave.mT + phase[:, None]).sum(-1) * (2 / WAVES) ** 0.5
        return heights.to(condition.wrinkle) * condition.wrinkle[:, None] * self.width_m

    def vertices(self, condition: Condition) -> Float[Tensor, "k v 3"]:
        """The corners in view space, metres."""
        uv = grid_uvs(self.cells, self.cells).to(condition.distance_m)
        flat = (uv - 0.5) * uv.new_tensor([self.width_m, self.height_m])
        relief = self.relief(condition)
        points = torch.cat([flat.expand(len(relief), -1, -1), relief[..., None]], -1)
        return to_view(points, condition)


def _waves(seed: int, wavelength: float) -> tuple[Float[Tensor, "n 2"], Float[Tensor, " n"]]:
    """Wave vectors in radians per width, and phases."""
    generator = torch.Generator().manual_seed(seed)
    angle, stretch, phase = torch.rand((3, WAVES), generator=generator, dtype=torch.float64)
    angle, number = angle * 2 * torch.pi, 2 * torch.pi / wavelength * (0.5 + stretch)
    return torch.stack([angle.cos() * number, angle.sin() * number], -1), phase * 2 * torch.pi
