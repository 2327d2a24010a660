"""Light from all around: environment maps as the nine numbers per colour that a matt surface can tell apart.

Ramamoorthi & Hanrahan 2001: the irradiance of any surroundings is, within 1 % on average, a quadratic
polynomial of the normal, nine spherical harmonics each damped by the cosine lobe.
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from renders.conditions import Condition
from renders.errors import InputError
from renders.geometry import upright

# Share of each order of harmonics that a cosine lobe lets through: A_l / pi of the paper (equation 8).
LOBE = (1.0, 2 / 3, 2 / 3, 2 / 3, 1 / 4, 1 / 4, 1 / 4, 1 / 4, 1 / 4)
LUMINANCE = (0.2126, 0.7152, 0.0722)


@dataclass(frozen=True)
class Environments:
    """n surroundings; each is scaled so that the mean of its irradiance over all normals is 1 in luminance.

    Convention: y up; the middle column of a map is what is straight behind the camera at environment_deg 0.
    """

    coefficients: Float[Tensor, "n 9 3"]

    @classmethod
    def of_maps(cls, maps: list[Float[Tensor, "3 h w"]]) -> "Environments":
        """From equirectangular maps of linear light, the top row straight up."""
        return cls(torch.stack([_projected(linear) for linear in maps]))

    @classmethod
    def read(cls, path: Path | str) -> "Environments":
        """From one .hdr file, or all of a folder in the order of their names."""
        path = Path(path)
        files = [path]
        if path.is_dir():
            files = sorted(file for file in path.iterdir() if file.suffix.lower() == ".hdr")
        if not files:
            raise InputError(f"{path}: expected .hdr environment maps in this folder; found none: add some")
        return cls.of_maps([_read(file) for file in files])

    def __len__(self) -> int:
        return len(self.coefficients)

    def irradiance(
        self, normal: Float[Tensor, "n 3"], view: Int[Tensor, " n"], condition: Condition
    ) -> Float[Tensor, "3 n"]:
        """Light on surfaces of these normals (view space) in these views, relative to an even sky."""
        # View space has +X left and +Z forward; the world's axes are the viewer's, tilted by the camera.
        seen = normal * normal.new_tensor([-1.0, 1.0, -1.0])
        world = torch.einsum("nji,nj->ni", upright(condition).index_select(0, view), seen)
        turn = torch.deg2rad(condition.environment_deg).index_select(0, view)
        x, y, z = world.unbind(-1)
        turned = torch.stack([x * turn.cos() - z * turn.sin(), y, x * turn.sin() + z * turn.cos()], -1)
        chosen = (condition.environment % len(self)).index_select(0, view)
        light = self.coefficients.to(normal).index_select(0, chosen)
        return torch.einsum("nb,nbc->cn", harmonics(turned) * normal.new_tensor(LOBE), light).clamp_min(0)


def harmonics(direction: Float[Tensor, "n 3"]) -> Float[Tensor, "n 9"]:
    """The first nine real spherical harmonics, orthonormal under the MEAN over the sphere."""
    x, y, z = direction.unbind(-1)
    one, linear, cross = torch.ones_like(x), 3**0.5, 15**0.5
    rows = [one, linear * y, linear * z, linear * x]
    rows += [cross * x * y, cross * y * z, 5**0.5 / 2 * (3 * z * z - 1), cross * x * z]
    return torch.stack([*rows, cross / 2 * (x * x - y * y)], -1)


def _projected(linear: Float[Tensor, "3 h w"]) -> Float[Tensor, "9 3"]:
    """The coefficients of a map; texels weigh by their area on the sphere."""
    height, width = linear.shape[1:]
    down = (torch.arange(height, dtype=torch.float64) + 0.5) / height * torch.pi
    # The middle column is +z, towards the viewer; columns go on to the right as seen from inside.
    around = ((torch.arange(width, dtype=torch.float64) + 0.5) / width - 0.5) * 2 * torch.pi
    sine = down.sin()[:, None]
    x, z = -sine * around.sin(), sine * around.cos()
    direction = torch.stack([x, down.cos()[:, None].expand_as(x), z], -1).flatten(0, 1)
    area = sine.expand_as(x).flatten() / sine.expand_as(x).sum()
    light = (linear.double().flatten(1) * area) @ harmonics(direction)
    return (light / (light[:, 0] @ light.new_tensor(LUMINANCE)).clamp_min(1e-12)).T.to(linear)


def _read(path: Path) -> Float[Tensor, "3 h w"]:
    """A Radiance map as linear light."""
    if not path.is_file():
        raise InputError(f"{path}: expected a .hdr environment map; found nothing: check the path")
    data = np.frombuffer(path.read_bytes(), np.uint8)
    if not len(data):
        raise InputError(f"{path}: expected a .hdr environment map; the file is empty: copy it again")
    bgr = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    if bgr is None or bgr.dtype != np.float32 or bgr.ndim != 3:
        raise InputError(f"{path}: expected a Radiance .hdr map of linear light; got something else")
    if abs(bgr.shape[1] / bgr.shape[0] - 2) > 0.02:
        size = f"{bgr.shape[1]} x {bgr.shape[0]}"
        raise InputError(f"{path}: expected an equirectangular map, twice as wide as high; got {size}")
    return torch.from_numpy(bgr[..., 2::-1].copy()).permute(2, 0, 1)
