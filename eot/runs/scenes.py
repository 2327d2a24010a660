"""The world of a run: what the article is seen on, before what, by which camera."""

import math
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from jaxtyping import Float, Int
from torch import Tensor

from eot.problem import Scene, places_of
from eot.runs.articles import Article
from eot.runs.config import Config
from eot.runs.objects import Numbering, objects_of
from eot.runs.photographs import photographs_of
from eot.runs.sections import BackgroundsTable, CameraTable
from eot.streams import generator_for
from renders import scene
from renders.backgrounds import Backgrounds
from renders.camera import Camera
from renders.conditions import Condition
from renders.environment import Environments
from renders.errors import InputError
from renders.framing import Framing
from renders.places import Places
from renders.rasterisers.choose import rasteriser
from renders.surfaces.bent import Cloth, Cylinder
from renders.surfaces.flat import Flat
from renders.surfaces.photograph import Photo, Photograph
from renders.surfaces.screen import Screen
from renders.surfaces.shell import Shell
from renders.surfaces.surface import Surface

# Backgrounds hold a pixel for each that the closest part of them is shown with, up to this side.
MAX_BACKGROUND_PX = 512


@dataclass(frozen=True)
class World:
    """A scene, how many places (backgrounds or photographs) it shows, and under how many environment maps."""

    scene: Scene
    places: int
    environments: int = 1

    def shown(self, stream: str, held_out: float) -> tuple[int, int]:
        """First and last place that a stream shows: the last `held_out` share belongs to report alone.

        Places are in random order, so these are a random sample. One place is shown by all.
        """
        kept = 0
        if self.places > 1 and held_out > 0:
            kept = min(self.places - 1, max(1, round(held_out * self.places)))
        first = self.places - kept
        return (first, self.places - 1) if stream == "report" and kept else (0, first - 1)


@dataclass(frozen=True)
class Without:
    """A scene from which the article is missing: what a bare patch is compared with."""

    scene: Scene

    def __call__(self, texture: Float[Tensor, "t 3 u v"], condition: Condition) -> Float[Tensor, "t k 3 h w"]:
        """The photographs of the scene alone; of the texture only the number and size count."""
        return self.scene(torch.cat([texture, torch.zeros_like(texture[:, :1])], 1), condition)

    def places(self, condition: Condition) -> Places | None:
        """Where things would be."""
        return places_of(self.scene, condition)


def world_of(
    config: Config, article: Article, device: torch.device, numbering: Numbering | None = None
) -> World:
    """The world that a configuration describes, its pictures on the device; see `objects_of`."""
    if config.surface.kind == "screen":
        return World(Screen(), 1)
    framing, coverage = Framing(config.camera.framing), article.coverage.to(device)
    side, supersample = config.camera.output_px, config.camera.supersample
    if config.surface.kind == "photograph":
        photos = photographs_of(config.surface, article)
        _check_proportions(photos, framing)
        mixed = tuple(_on(photos[i], device) for i in _order(config, len(photos)).tolist())
        size = frame_px(photos[0].srgb.shape[2], photos[0].srgb.shape[1], side, framing)
        return World(Photograph(mixed, size, framing, coverage, supersample), len(mixed))
    if config.surface.kind == "objects":
        scene_of = objects_of(config.surface, article, side, device, numbering)
        order = _order(config, len(scene_of.photos)).tolist()
        return World(replace(scene_of, photos=tuple(scene_of.photos[i] for i in order)), len(order))
    camera = camera_of(config.camera)
    size = frame_px(camera.width_px, camera.height_px, side, framing)
    surface = surface_of(config, article, coverage)
    environments = _environments(config.backgrounds, device)
    # Last, since painting takes seconds: whatever is refused is refused before.
    found = _backgrounds(config)
    backgrounds = Backgrounds(found.linear[_order(config, len(found))].to(device))
    seen = scene.Scene(
        surface,
        camera,
        backgrounds,
        size,
        framing,
        supersample,
        rasteriser(config.camera.rasteriser),
        environments,
        config.surface.self_shadow,
    )
    return World(seen, len(backgrounds), 1 if environments is None else len(environments))


def _check_proportions(photos: tuple[Photo, ...], framing: Framing) -> None:
    """Whole frames become pictures of one size: raises InputError where that would squash some."""
    shapes = {tuple(photo.srgb.shape[1:]) for photo in photos}
    first = photos[0].srgb.shape
    if framing is Framing.FRAME and any(abs(w * first[1] - h * first[2]) > max(w, h) for h, w in shapes):
        named = ", ".join(f"{w} x {h}" for h, w in sorted(shapes))
        raise InputError(
            f"surface.photos: expected photos of one proportion, as whole frames are taken; got {named} px: "
            "cut them alike, or set camera.framing = crop"
        )


def surface_of(config: Config, article: Article, coverage: Float[Tensor, "1 u v"]) -> Surface:
    """What carries the texture: the mesh itself, or what the flat article is put on."""
    if article.mesh is not None:
        shell = Shell(article.mesh, coverage)
        nearest_m = config.conditions["distance_m"][0]
        if nearest_m <= shell.radius_m * 1.05:
            raise InputError(
                f"conditions.distance_m: expected a camera outside of the object, more than "
                f"{shell.radius_m * 1.05:.3g} m away; got {nearest_m:g}: move back or set article.size_mm"
            )
        return shell
    width_m, height_m = article.width_mm / 1000, article.height_mm / 1000
    _check_in_front(config, math.hypot(width_m, height_m) / 2)
    if config.surface.kind == "cylinder":
        assert config.surface.radius_mm is not None
        return Cylinder(width_m, height_m, config.surface.radius_mm / 1000, coverage)
    if config.surface.kind == "cloth":
        return Cloth(width_m, height_m, config.surface.wavelength, coverage=coverage)
    return Flat(width_m, height_m, coverage)


def _check_in_front(config: Config, half_diagonal_m: float) -> None:
    """A corner that is turned towards the camera must not come to lie beside it or behind."""
    most = {name: max(map(abs, ends)) for name, ends in config.conditions.items()}
    across = min(90, most["yaw_deg"] + most["azimuth_deg"])
    down = min(90, most["pitch_deg"] + most["elevation_deg"])
    upright = math.cos(math.radians(across)) * math.cos(math.radians(down))
    reach_m = 1.05 * half_diagonal_m * math.sqrt(1 - upright**2)
    nearest_m = config.conditions["distance_m"][0]
    if nearest_m <= reach_m:
        raise InputError(
            f"conditions.distance_m: expected every corner of the article before the camera, more than "
            f"{reach_m:.3g} m away at these angles; got {nearest_m:g}: move back or turn it less"
        )


def _environments(table: BackgroundsTable, device: torch.device) -> Environments | None:
    if table.environments is None:
        return None
    return Environments(Environments.read(table.environments).coefficients.to(device))


def camera_of(table: CameraTable) -> Camera:
    """The camera, from whichever focal length is given."""
    if table.exif is not None:
        return Camera.from_exif(Path(table.exif))
    if table.focal_px is not None:
        return Camera(table.focal_px, table.width_px, table.height_px)
    if table.focal_mm is not None and table.sensor_width_mm is not None:
        return Camera.from_lens(table.focal_mm, table.sensor_width_mm, table.width_px, table.height_px)
    assert table.focal_35mm is not None
    return Camera.from_35mm(table.focal_35mm, table.width_px, table.height_px)


def _backgrounds(config: Config) -> Backgrounds:
    """Pictures with enough pixels for the largest zoom into them."""
    table: BackgroundsTable = config.backgrounds
    side, zoom = config.camera.output_px, config.conditions["background_zoom"][1]
    size_px = max(side, min(MAX_BACKGROUND_PX, math.ceil(side * zoom)))
    if table.kind == "folder":
        assert table.folder is not None
        return Backgrounds.folder(table.folder, size_px, table.count)
    if table.kind == "colours":
        return Backgrounds.colours(generator_for(config.seed, "backgrounds"), table.count)
    return Backgrounds.procedural(generator_for(config.seed, "backgrounds"), table.count, size_px)


def _order(config: Config, places: int) -> Int[Tensor, " n"]:
    """A random order of the places, so that those kept for the report are a fair sample of all."""
    return torch.randperm(places, generator=generator_for(config.seed, "places"))


def frame_px(width: int, height: int, side: int, framing: Framing) -> tuple[int, int]:
    """Rows and columns of the picture that the victim gets: a square crop, or the shape of the frame."""
    if framing is Framing.CROP:
        return side, side
    longer = max(width, height)
    return max(1, round(side * height / longer)), max(1, round(side * width / longer))


def _on(photo: Photo, device: torch.device) -> Photo:
    occlusion = None if photo.occlusion is None else photo.occlusion.to(device)
    return replace(photo, srgb=photo.srgb.to(device), occlusion=occlusion)
