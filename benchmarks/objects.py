"""Objects: a render step beside PyTorch3D, Embree and Mitsuba, its memory, and the filter from 24 to 400 px.

python -m benchmarks.objects
"""

import importlib.util
import math
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
import trimesh
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import cosine_similarity

from benchmarks.measure import Figure, cpu_s, peak_mb, show
from benchmarks.render import natural, noise
from eot.streams import generator_for
from renders.camera import Intrinsics
from renders.conditions import Condition, Conditions
from renders.fragments import Hits, locate
from renders.geometry import to_view
from renders.lookup import Filter, Pyramid
from renders.rasterisers.choose import RASTERISERS, rasteriser
from renders.shade import box_downsample, layered, shade

ROOT = Path(__file__).parents[1]
DISTANCE_M, RADIUS_M = 10.0, 1.0
TEXELS = 512
SUBDIVISIONS = (2, 3, 4)  # 320, 1,280 and 5,120 faces
SIDES_PX = (112, 224, 448)
FILL = 0.52  # of the side of the picture: 21 % of its area, as the usual test mesh
SAMPLES = 16
WINDOW_PX = 64
HEIGHTS_PX = (24, 50, 100, 200, 400)
POSES = Conditions({"yaw_deg": (-180, 180), "pitch_deg": (-30, 30), "roll_deg": (-30, 30), "sun": (0.1, 0.5)})


@dataclass(frozen=True, eq=False)
class Ball:
    """k views of a textured sphere `height_px` tall, of which a window is seen."""

    vertices: Float[Tensor, "k v 3"]
    faces: Int[Tensor, "f 3"]
    uvs: Float[Tensor, "v 2"]
    condition: Condition

    def camera(self, height_px: float, middle_px: float) -> Intrinsics:
        """Square views in which the sphere's middle is at (middle, middle)."""
        ones = torch.ones(len(self.condition))
        focal = height_px / 2 * (DISTANCE_M**2 - RADIUS_M**2) ** 0.5 / RADIUS_M
        return Intrinsics(ones * focal, ones * middle_px, ones * middle_px)

    def hits(self, name: str, camera: Intrinsics, side_px: int) -> Hits:
        """What each pixel sees, by the back end of this name."""
        size = side_px, side_px
        fragments = rasteriser(name)(self.vertices, self.faces, camera, size, closed=True)
        return locate(fragments, self.vertices, self.faces, self.uvs, camera)

    def render(
        self,
        pyramid: Pyramid,
        camera: Intrinsics,
        side_px: int,
        *,
        samples: int = 1,
        how: Filter = Filter.TRILINEAR,
        name: str = "spans",
    ) -> Float[Tensor, "t k 4 h w"]:
        """The lit sphere alone, premultiplied linear rgba."""
        side = side_px * samples
        hits = self.hits(name, camera.scaled(samples), side)
        colours = shade(pyramid, hits, self.condition, how=how)
        return box_downsample(layered(colours, hits, (side, side), len(self.condition)), samples)


def ball(k: int, subdivisions: int) -> Ball:
    """A sphere with the texture of a globe."""
    mesh = trimesh.creation.icosphere(subdivisions=subdivisions, radius=RADIUS_M)
    points = torch.tensor(mesh.vertices, dtype=torch.float32)
    around = torch.atan2(points[:, 0], points[:, 2]) / (2 * torch.pi) + 0.5
    height = (points[:, 1] / points.norm(dim=1)).asin() / torch.pi + 0.5
    condition = POSES.sample(generator_for(0, "objects"), k)
    faces = torch.tensor(mesh.faces, dtype=torch.int64)
    return Ball(to_view(points, condition), faces, torch.stack([around, height], -1), condition)


def ours(shape: Ball, side_px: int, texture: Tensor, name: str) -> Callable[[], object]:
    """Visibility, lookup, light, and back into the texture."""
    camera = shape.camera(FILL * side_px, side_px / 2)
    return lambda: shape.render(Pyramid.of(texture), camera, side_px, name=name).sum().backward()


def pytorch3d(shape: Ball, side_px: int, texture: Tensor) -> Callable[[], object]:
    """The same with PyTorch3D's own renderer: bilinear lookup, Phong shading."""
    from pytorch3d import renderer
    from pytorch3d.structures import Meshes

    view, k = shape.camera(FILL * side_px, side_px / 2), len(shape.condition)
    cameras = renderer.PerspectiveCameras(
        focal_length=view.focal_px[:, None],
        principal_point=torch.stack([view.centre_x_px, view.centre_y_px], -1),
        in_ndc=False,
        image_size=[(side_px, side_px)] * k,
    )
    settings = renderer.RasterizationSettings(image_size=side_px)
    lights = renderer.DirectionalLights(direction=((0.0, 0.5, -1.0),))
    whole = renderer.MeshRenderer(
        renderer.MeshRasterizer(cameras, settings), renderer.HardPhongShader(cameras=cameras, lights=lights)
    )
    faces = shape.faces.expand(k, -1, -1)

    def step() -> None:
        maps = texture.permute(0, 2, 3, 1).expand(k, -1, -1, -1)
        textures = renderer.TexturesUV(maps, faces, shape.uvs.expand(k, -1, -1), align_corners=False)
        whole(Meshes(shape.vertices, faces, textures))[..., :3].sum().backward()

    return step


def mitsuba(shape: Ball, side_px: int, texture: Tensor) -> Callable[[], object]:
    """Mitsuba 3 (scalar), forward only: direct light of an even sky, 4 paths per pixel."""
    import mitsuba as mi

    from eot.field.tracer import mitsuba as ready

    ready()
    mesh = mi.Mesh("ball", shape.vertices.shape[1], len(shape.faces), has_vertex_texcoords=True)
    parameters = mi.traverse(mesh)
    parameters["vertex_positions"] = shape.vertices[0].flatten().numpy()
    parameters["faces"] = shape.faces.int().flatten().numpy()
    parameters["vertex_texcoords"] = shape.uvs.flatten().numpy()
    parameters.update()
    image = mi.Bitmap(texture[0].detach().permute(1, 2, 0).contiguous().numpy())
    colour = {"type": "bitmap", "bitmap": image, "raw": True}
    surface = {"type": "twosided", "bsdf": {"type": "diffuse", "reflectance": colour}}
    focal = float(shape.camera(FILL * side_px, 0.0).focal_px[0])
    camera = {
        "type": "perspective",
        "fov": math.degrees(2 * math.atan(side_px / 2 / focal)),
        "film": {"type": "hdrfilm", "width": side_px, "height": side_px, "rfilter": {"type": "box"}},
        "sampler": {"type": "independent", "sample_count": 4},
    }
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "ball.ply")
        mesh.write_ply(path)
        ball = {"type": "ply", "filename": path, "bsdf": surface}
        light, integrator = {"type": "constant"}, {"type": "direct"}
        world = {"type": "scene", "integrator": integrator, "light": light, "ball": ball, "camera": camera}
        scene = mi.load_dict(world)
    return lambda: mi.render(scene)


def speed(k: int = 4, rounds: int = 3) -> list[Figure]:
    """Milliseconds per view at three sizes and three meshes; forward and backward into 512 x 512 texels."""
    figures = []
    texture = noise(TEXELS).requires_grad_()
    for subdivisions in SUBDIVISIONS:
        many, one = ball(k, subdivisions), ball(1, subdivisions)
        faces = len(many.faces)
        for side in SIDES_PX:
            calls: dict[str, tuple[Callable[[], object], int]] = {
                f"{name}": (ours(many, side, texture, name), k)
                for name in ("spans", "warp", "embree")
                if RASTERISERS[name].available
            }
            if importlib.util.find_spec("mitsuba"):
                calls["Mitsuba, forward only, 4 paths"] = mitsuba(one, side, texture), 1
            seconds = cpu_s({name: call for name, (call, _) in calls.items()}, rounds)
            if RASTERISERS["pytorch3d"].available:
                calls["PyTorch3D, whole"] = pytorch3d(one, side, texture), 1
                seconds |= cpu_s({"PyTorch3D, whole": calls["PyTorch3D, whole"][0]}, 1)
            for name, (_, views) in calls.items():
                label = f"{faces:,} faces, {side} px, {name}"
                figures.append(Figure(label, 1000 * seconds[name] / views, "ms"))
            if "PyTorch3D, whole" in seconds:
                times = seconds["PyTorch3D, whole"] / (seconds["spans"] / k)
                figures.append(Figure(f"{faces:,} faces, {side} px, PyTorch3D over spans", times, "x"))
    return figures


def peak(views: int) -> float:
    """Peak memory, MB, of a process that renders so many views of 5,120 faces at 224 px and goes back."""
    command = [sys.executable, "-m", "benchmarks.objects", str(views)]
    return float(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)


def memory() -> list[Figure]:
    """What a further view takes."""
    return [Figure("5,120 faces, 224 px, forward and backward", (peak(48) - peak(16)) / 32, "MB")]


@torch.no_grad()
def errors() -> list[Figure]:
    """PSNR inside the object, decibels, against 16 x 16 samples.

    With one sample noise has no bar: below 6 texels per pixel the trilinear filter blurs it on purpose.
    """
    shape, figures = ball(2, 4), []
    for name, texture in (("natural", natural(TEXELS)), ("noise", noise(TEXELS))):
        pyramid = Pyramid.of(texture)
        for height in HEIGHTS_PX:
            side, camera = window(shape, height)
            truth = shape.render(pyramid, camera, side, samples=SAMPLES, how=Filter.BILINEAR)[0]
            inside = (truth[:, 3:] > 1 - 1e-6).expand(-1, 3, -1, -1)
            for samples, bar in ((1, 25.0), (2, 29.0), (4, 29.0)):
                seen = shape.render(pyramid, camera, side, samples=samples)[0]
                wrong = (seen[:, :3] - truth[:, :3])[inside].square().mean()
                label = f"{name}, {height} px tall, {samples} x {samples} samples"
                bound = bar if name == "natural" or samples > 1 else None
                figures.append(Figure(label, float(-10 * wrong.log10()), "dB", bound, at_least=True))
    return figures


def gradients(k: int = 8) -> list[Figure]:
    """Cosine of the gradient to the texture, summed over 8 poses, with that of 16 x 16 samples."""
    shape, figures = ball(k, 4), []
    for height in HEIGHTS_PX:
        side, camera = window(shape, height)
        pull = torch.rand(k, 3, side, side, generator=generator_for(1, "pull")) - 0.5
        # What a network pulls at is smooth over a few pixels.
        pull = torch.nn.functional.avg_pool2d(pull, 5, 1, 2)

        def slope(
            samples: int, how: Filter, camera: Intrinsics = camera, side: int = side, pull: Tensor = pull
        ) -> Tensor:
            texture = torch.zeros(1, 3, TEXELS, TEXELS, requires_grad=True)
            rgba = shape.render(Pyramid.of(texture), camera, side, samples=samples, how=how)
            return torch.autograd.grad((rgba[0, :, :3] * pull).sum(), texture)[0].flatten()

        truth = slope(SAMPLES, Filter.BILINEAR)
        for samples, bound in ((1, None), (2, 0.9), (4, 0.9)):
            cosine = float(cosine_similarity(slope(samples, Filter.TRILINEAR), truth, dim=0))
            label = f"{height} px tall, {samples} x {samples} samples"
            figures.append(Figure(label, cosine, "", bound, at_least=True))
    return figures


def window(shape: Ball, height_px: int) -> tuple[int, Intrinsics]:
    """The part that is looked at: all of a small object, of a tall one a corner with its outline."""
    side = min(round(1.3 * height_px), WINDOW_PX)
    # Down and right of the middle of a tall object, so that the outline crosses the window.
    middle = side / 2 - max(0.0, 0.33 * height_px - side / 4)
    return side, shape.camera(height_px, middle)


def main() -> None:
    """Prints the tables."""
    torch.set_num_threads(1)
    show("Memory of a view", memory())
    show("Render step of an object, per view, one core", speed())
    show(f"Error of the lookup on an object against {SAMPLES} x {SAMPLES} samples", errors())
    show(f"Gradient to the texture of an object against {SAMPLES} x {SAMPLES} samples, cosine", gradients())


if __name__ == "__main__":
    if len(sys.argv) > 1:
        torch.set_num_threads(1)
        ours(ball(int(sys.argv[1]), 4), 224, noise(TEXELS).requires_grad_(), "spans")()
        print(peak_mb())
    else:
        main()
