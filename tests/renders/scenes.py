"""What the tests of the renderer share: conditions by name, cameras, and a reference that knows no filter."""

import dataclasses

import torch
from torch import Tensor

from eot.streams import generator_for
from renders.backgrounds import Backgrounds
from renders.camera import Camera, Intrinsics
from renders.conditions import QUANTITIES, Condition, still
from renders.fragments import Hits, locate
from renders.lookup import Filter, Pyramid
from renders.rasterisers.spans import rasterise
from renders.shade import box_downsample, layered, shade
from renders.surfaces.flat import Flat, quad_faces, quad_uvs


def posed(k: int = 1, dtype: torch.dtype = torch.float32, **fields: float | Tensor) -> Condition:
    """k views with these fields, one number for all or one for each; everything else at its off value."""

    def column(name: str, value: float | Tensor) -> Tensor:
        column = torch.as_tensor(value, dtype=torch.float64).expand(k)
        return column.to(torch.int64 if QUANTITIES[name].integer else dtype)

    condition = still(k).to(torch.device("cpu"), dtype)
    return dataclasses.replace(condition, **{name: column(name, value) for name, value in fields.items()})


def noise(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float32) -> Tensor:
    """Uniform numbers in [0, 1)."""
    return torch.rand(shape, generator=generator_for(seed, "noise"), dtype=dtype)


def natural(side: int, seed: int = 0) -> Tensor:
    """A picture whose spectrum falls as 1/f, as that of photographs does `[1 3 side side]` in [0, 1]."""
    white = torch.randn((1, 3, side, side), generator=generator_for(seed, "natural"))
    y, x = torch.fft.fftfreq(side)[:, None], torch.fft.fftfreq(side)[None]
    falling = torch.fft.fft2(white) / torch.hypot(x, y).clamp_min(1 / side)
    picture = torch.fft.ifft2(falling).real
    low, high = picture.amin((2, 3), keepdim=True), picture.amax((2, 3), keepdim=True)
    return (picture - low) / (high - low)


def square_camera(
    side_px: int, focal_px: float, k: int = 1, dtype: torch.dtype = torch.float32
) -> Intrinsics:
    """k views of side_px x side_px, the axis through the middle."""
    ones = torch.ones(k, dtype=dtype)
    return Intrinsics(ones * focal_px, ones * side_px / 2, ones * side_px / 2)


def hits_of(flat: Flat, condition: Condition, camera: Intrinsics, size: tuple[int, int]) -> Hits:
    """What each pixel sees of a flat article."""
    vertices = flat.vertices(condition)
    faces, uvs = quad_faces(vertices), quad_uvs(vertices)
    return locate(rasterise(vertices, faces, camera, size), vertices, faces, uvs, camera)


def rendered(
    texture: Tensor,
    condition: Condition,
    camera: Intrinsics,
    side_px: int,
    supersample: int = 1,
    how: Filter = Filter.TRILINEAR,
) -> Tensor:
    """The linear texture on a 1 m square, premultiplied rgba `[t k 4 side side]`."""
    size = (side_px * supersample, side_px * supersample)
    hits = hits_of(Flat(1.0, 1.0), condition, camera.scaled(supersample), size)
    layer = layered(shade(Pyramid.of(texture), hits, condition, how=how), hits, size, len(condition))
    return box_downsample(layer, supersample)


def psnr(one: Tensor, other: Tensor) -> float:
    """Decibels of two pictures in [0, 1]."""
    return float(-10 * (one - other).square().mean().log10())


def black(n: int = 1, side_px: int = 8) -> Backgrounds:
    """Night."""
    return Backgrounds(torch.zeros(n, 3, side_px, side_px))


def phone() -> Camera:
    """A telephoto phone camera whose frame is 640 x 480."""
    return Camera(2000.0, 640, 480)
