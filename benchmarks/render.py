"""The renderer: speed of rasteriser, lookup and whole render, error and gradient against 16 x 16 samples.

python -m benchmarks.render
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torchvision
import trimesh
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import cosine_similarity

from benchmarks.measure import Figure, cpu_s, show
from eot.streams import generator_for
from renders.camera import Intrinsics
from renders.conditions import Condition, Conditions
from renders.fragments import locate
from renders.geometry import to_view
from renders.lookup import Filter, Pyramid
from renders.rasterisers.spans import rasterise
from renders.shade import box_downsample, layered, shade
from renders.surfaces.flat import Flat, quad_faces, quad_uvs

REFERENCE_MS = 48.0  # MobileNetV2 per image, on the core that the targets were set on
SAMPLES = 16  # of the reference, a side of a pixel
TEXELS = 1024
FOV = 0.364  # tan(20 degrees): half the frame at 1 m
POSES = Conditions({"yaw_deg": (-45, 45), "pitch_deg": (-15, 15), "roll_deg": (-10, 10), "sun": (0.1, 0.5)})


@dataclass(frozen=True)
class Shape:
    """k views of a mesh: what the rasteriser and the shading are given."""

    vertices: Float[Tensor, "k v 3"]
    faces: Int[Tensor, "f 3"]
    uvs: Float[Tensor, "v 2"]
    condition: Condition
    closed: bool = False

    def camera(self, side_px: int) -> Intrinsics:
        """A square view of 40 degrees."""
        ones = torch.ones(len(self.condition))
        return Intrinsics(ones * side_px / (2 * FOV), ones * side_px / 2, ones * side_px / 2)

    def render(
        self, pyramid: Pyramid, side_px: int, samples: int = 1, how: Filter = Filter.TRILINEAR
    ) -> Float[Tensor, "t k 4 h w"]:
        """The lit article alone, premultiplied linear rgba."""
        camera, size = self.camera(side_px).scaled(samples), (side_px * samples, side_px * samples)
        fragments = rasterise(self.vertices, self.faces, camera, size, closed=self.closed)
        hits = locate(fragments, self.vertices, self.faces, self.uvs, camera)
        layer = layered(shade(pyramid, hits, self.condition, how=how), hits, size, len(self.condition))
        return box_downsample(layer, samples)


def drawn(k: int) -> Condition:
    """k poses at 10 m."""
    return POSES.sample(generator_for(0, "benchmark"), k)


def sign(k: int, texels_per_px: float, texels: int, side_px: int) -> Shape:
    """A square sign at the distance where a pixel of a frontal view holds so many texels."""
    condition = drawn(k)
    metres = 2 * FOV * 10 * texels / (texels_per_px * side_px)
    vertices = Flat(metres, metres).vertices(condition)
    return Shape(vertices, quad_faces(vertices), quad_uvs(vertices), condition)


def ball(k: int) -> Shape:
    """A sphere of 5,120 faces over a fifth of the frame: about the work of the usual test mesh, Spot."""
    mesh = trimesh.creation.icosphere(subdivisions=4, radius=2 * FOV * 10 * (0.21 / torch.pi) ** 0.5)
    points = torch.tensor(mesh.vertices, dtype=torch.float32)
    around = torch.atan2(points[:, 0], points[:, 2]) / (2 * torch.pi) + 0.5
    height = (points[:, 1] / points.norm(dim=1)).asin() / torch.pi + 0.5
    condition = drawn(k)
    faces = torch.tensor(mesh.faces, dtype=torch.int64)
    return Shape(to_view(points, condition), faces, torch.stack([around, height], -1), condition, closed=True)


def noise(side: int) -> Float[Tensor, "1 3 s s"]:
    """Uniform noise: the hardest texture, and close to what attacks look like."""
    return torch.rand(1, 3, side, side, generator=generator_for(0, "noise"))


def natural(side: int, seed: int = 0) -> Float[Tensor, "1 3 s s"]:
    """A picture with the 1/f spectrum of photographs, in [0, 1]."""
    white = torch.randn(1, 3, side, side, generator=generator_for(seed, "natural"))
    y, x = torch.fft.fftfreq(side)[:, None], torch.fft.fftfreq(side)[None]
    picture = torch.fft.ifft2(torch.fft.fft2(white) / torch.hypot(x, y).clamp_min(1 / side)).real
    low, high = picture.amin((2, 3), keepdim=True), picture.amax((2, 3), keepdim=True)
    return (picture - low) / (high - low)


def speed(k: int = 16, rounds: int = 5) -> list[Figure]:
    """Milliseconds per view; forward and backward into a 1024 x 1024 texture (256 x 256 for the sign).

    The targets are for a core on which MobileNetV2 takes 48 ms per image; here they are scaled by what it
    takes in the same rounds.
    """
    mesh, near, plane = ball(k), ball(4), sign(k, 4.0, 256, 224)
    texture, face = noise(TEXELS).requires_grad_(), noise(256).requires_grad_()
    net = torchvision.models.mobilenet_v2(weights=None).eval().requires_grad_(False)
    images = torch.rand(k, 3, 224, 224, generator=generator_for(0, "images")).requires_grad_()
    fragments = rasterise(mesh.vertices, mesh.faces, mesh.camera(224), (224, 224))
    hits = locate(fragments, mesh.vertices, mesh.faces, mesh.uvs, mesh.camera(224))

    def gbuffer(shape: Shape, side_px: int) -> object:
        view = shape.camera(side_px)
        fragments = rasterise(shape.vertices, shape.faces, view, (side_px, side_px), closed=shape.closed)
        return locate(fragments, shape.vertices, shape.faces, shape.uvs, view)

    def full(shape: Shape, onto: Tensor, side_px: int, samples: int = 1) -> None:
        shape.render(Pyramid.of(onto), side_px, samples).sum().backward()

    def lookup() -> None:
        Pyramid.of(texture).sample(hits.uv, hits.footprint).sum().backward()

    calls: dict[str, tuple[Callable[[], object], int, float | None]] = {
        "MobileNetV2, forward and backward, 224 px": (lambda: net(images).sum().backward(), k, None),
        "rasteriser and UV, 5,120 faces, 224 px": (lambda: gbuffer(mesh, 224), k, 3.0),
        "rasteriser and UV, 5,120 faces, 640 px": (lambda: gbuffer(near, 640), 4, 12.0),
        "filtered lookup, forward and backward, 224 px": (lookup, k, None),
        "whole render, 5,120 faces, 224 px": (lambda: full(mesh, texture, 224), k, 6.0),
        "whole render, 5,120 faces, 640 px": (lambda: full(near, texture, 640), 4, 30.0),
        "whole render, flat sign, 224 px": (lambda: full(plane, face, 224), k, 1.5),
        "whole render, flat sign, 224 px, 2 x 2 samples": (lambda: full(plane, face, 224, 2), k, None),
    }
    seconds = cpu_s({name: call for name, (call, _, _) in calls.items()}, rounds)
    each = {name: 1000 * seconds[name] / views for name, (_, views, _) in calls.items()}
    here = next(iter(each.values())) / REFERENCE_MS
    return [
        Figure(name, each[name], "ms", None if bound is None else bound * here)
        for name, (_, _, bound) in calls.items()
    ]


@torch.no_grad()
def errors(side_px: int = 64) -> list[Figure]:
    """PSNR of the interior of a flat sign, decibels."""
    figures = []
    for texels_per_px in (6, 14, 30):
        shape = sign(4, texels_per_px, 512, side_px)
        for name, texture in (("noise", noise(512)), ("natural", natural(512))):
            pyramid = Pyramid.of(texture)
            truth = shape.render(pyramid, side_px, SAMPLES, Filter.BILINEAR)[0]
            inside = (truth[:, 3:] > 1 - 1e-6).expand(-1, 3, -1, -1)
            for samples, bound in ((1, 25.0), (2, 29.0)):
                ours = shape.render(pyramid, side_px, samples)[0]
                wrong = (ours[:, :3] - truth[:, :3])[inside].square().mean()
                label = f"{name}, {texels_per_px} texels per px, {samples} x {samples} samples"
                figures.append(Figure(label, float(-10 * wrong.log10()), "dB", bound, at_least=True))
    return figures


def gradients(k: int = 8, side_px: int = 64) -> list[Figure]:
    """Cosine of the gradient to the texture, summed over 8 poses, with that of the reference."""
    figures = []
    pulls = {
        "1/f": torch.cat([natural(side_px, seed) for seed in range(k)]) - 0.5,
        "white": torch.rand(k, 3, side_px, side_px, generator=generator_for(1, "pull")) - 0.5,
    }
    for texels_per_px in (6, 14):
        shape = sign(k, texels_per_px, 256, side_px)
        for pull_name, pull in pulls.items():

            def slope(
                samples: int, how: Filter, shape: Shape = shape, pull: Tensor = pull
            ) -> Float[Tensor, " n"]:
                texture = torch.zeros(1, 3, 256, 256, requires_grad=True)
                rgba = shape.render(Pyramid.of(texture), side_px, samples, how)
                return torch.autograd.grad((rgba[0, :, :3] * pull).sum(), texture)[0].flatten()

            truth = slope(SAMPLES, Filter.BILINEAR)
            for name, samples, how, bound in (
                ("bilinear", 1, Filter.BILINEAR, None),
                ("trilinear", 1, Filter.TRILINEAR, None),
                ("trilinear 2 x 2", 2, Filter.TRILINEAR, 0.9 if pull_name == "1/f" else None),
            ):
                cosine = float(cosine_similarity(slope(samples, how), truth, dim=0))
                label = f"{pull_name} pull, {texels_per_px} texels per px, {name}"
                figures.append(Figure(label, cosine, "", bound, at_least=True))
    return figures


def main() -> None:
    """Prints the three tables."""
    torch.set_num_threads(1)
    show("Rendering, per view, one core", speed())
    show(f"Error of the filtered lookup against {SAMPLES} x {SAMPLES} samples", errors())
    show(f"Gradient to the texture against {SAMPLES} x {SAMPLES} samples, cosine", gradients())


if __name__ == "__main__":
    main()
