"""Views of the catalogue's objects by this product's renderer: what the object classifier learns from."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float, Int
from torch import Tensor

from eot.victims.sign_net import INPUT_PX
from eot.victims.sign_views import CAMERA, LIGHT, SENSOR, behind
from renders.backgrounds import Backgrounds
from renders.conditions import Condition, Conditions
from renders.meshes.islands import coverage
from renders.scene import Scene
from renders.sensor.resize import resize
from renders.surfaces.shell import Shell
from textures.objects import OBJECTS, object_named

# More texels than pixels of the nearest view: finer detail cannot be seen.
TEXELS = 192
# Shares of the views in which an object wears something else than its own texture.
DAUBED, RECOLOURED = 0.3, 0.2

Ranges = Mapping[str, tuple[float, float]]
_GRADED: Ranges = {"elevation_deg": (-30.0, 60.0), "roll_deg": (-15.0, 15.0), "zoom": (1.1, 1.5)}
_WIDER: Ranges = {"elevation_deg": (-40.0, 70.0), "roll_deg": (-22.0, 22.0), "zoom": (1.02, 1.7)}


def object_labels() -> tuple[str, ...]:
    """The classes: names of the catalogue, in its order."""
    return tuple(OBJECTS)


@dataclass(frozen=True, eq=False)
class Exhibit:
    """One object in its scene."""

    name: str
    scene: Scene
    texture: Float[Tensor, "1 3 r c"]
    size_m: float

    @cached_property
    def number(self) -> int:
        """Its class."""
        return object_labels().index(self.name)

    def conditions(self, *, graded: bool) -> Conditions:
        """What accuracy is stated for, or the wider range that is trained on.

        From all around, 3 to 8 times the object's size away, all light, the full sensor.
        """
        pose = {"distance_m": (3 * self.size_m, 8 * self.size_m), "azimuth_deg": (-180.0, 180.0)}
        aim = {"aim_x": (-0.5, 0.5), "aim_y": (-0.5, 0.5)}
        around = _GRADED if graded else _WIDER
        assert isinstance(self.scene.backgrounds, Backgrounds)
        return Conditions({**pose, **aim, **around, **LIGHT, **SENSOR, **behind(self.scene.backgrounds)})


def exhibits(backgrounds: Backgrounds) -> tuple[Exhibit, ...]:
    """Every object of the catalogue, upright, before these backgrounds."""
    return tuple(_exhibit(name, backgrounds) for name in object_labels())


def _exhibit(name: str, backgrounds: Backgrounds) -> Exhibit:
    mesh = object_named(name)
    texture = resize(mesh.texture, (TEXELS, TEXELS)).clamp(0, 1)
    shell = Shell(mesh, coverage(mesh.uvs, (TEXELS, TEXELS)))
    scene = Scene(shell, CAMERA, backgrounds, (INPUT_PX, INPUT_PX), supersample=2)
    return Exhibit(name, scene, texture, max(mesh.size_m))


@dataclass(frozen=True)
class Labelled:
    """Views with the number of the object in each."""

    images: Float[Tensor, "n 3 h w"]
    classes: Int[Tensor, " n"]


@torch.no_grad()
def photograph(exhibit: Exhibit, texture: Float[Tensor, "t 3 r c"], condition: Condition) -> Labelled:
    """The object with every one of t textures under each of the k views, as n = t k examples."""
    images = exhibit.scene(texture, condition).flatten(0, 1)
    return Labelled(images, torch.full((len(images),), exhibit.number))


def dressed(exhibit: Exhibit, generator: torch.Generator) -> Float[Tensor, "1 3 r c"]:
    """The object's texture, now and then in other colours or daubed with blurred noise.

    Without these the net would know the paint and not the object, and any paint at all would fool it.
    """
    draw = float(torch.rand((), generator=generator))
    texture = exhibit.texture
    if draw < RECOLOURED:
        mixed = torch.eye(3) + 0.5 * (torch.rand((3, 3), generator=generator) - 0.5)
        return torch.einsum("dc,tcij->tdij", mixed, texture).clamp(0, 1)
    if draw < RECOLOURED + DAUBED:
        cells = 2 ** int(torch.randint(2, 7, (), generator=generator))
        paint = torch.rand((1, 3, cells, cells), generator=generator)
        paint = torch.nn.functional.interpolate(paint, (TEXELS, TEXELS), mode="bilinear")
        share = float(torch.rand((), generator=generator))
        return torch.lerp(texture, paint, 0.3 + 0.7 * share)
    return texture
