"""The world in front of the camera: surface, light, background and sensor composed into photographs."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from renders.averaged import Spots, averaged
from renders.backgrounds import Backgrounds
from renders.camera import Camera
from renders.colour import srgb_to_linear
from renders.conditions import Condition
from renders.environment import Environments
from renders.fragments import Hits, locate
from renders.framing import Framing, View, frames, in_order, samples_of
from renders.lookup import Pyramid
from renders.rasterisers.choose import Rasterise
from renders.rasterisers.spans import rasterise
from renders.self_shadow import sunlight_left
from renders.sensor.develop import develop
from renders.sensor.resize import resize
from renders.shade import layered, painted, shade
from renders.surfaces.surface import Skin, Surface


def pyramid_of(texture: Float[Tensor, "t c u v"], coverage: Float[Tensor, "1 u v"] | None = None) -> Pyramid:
    """The filtered texture in linear light, premultiplied by its coverage.

    One channel is grey. A fourth channel of the texture is coverage of its own: all 0 photographs the scene
    without the article.
    """
    if texture.shape[1] == 1:
        texture = texture.expand(-1, 3, -1, -1)
    linear, own = srgb_to_linear(texture[:, :3]), texture[:, 3:]
    alpha = own if own.shape[1] else torch.ones_like(texture[:, :1])
    if coverage is not None:
        alpha = alpha * coverage.to(texture)
    return Pyramid.of(torch.cat([linear * alpha, alpha], 1))


def seen(view: View, skin: Skin, rasteriser: Rasterise = rasterise, supersample: int = 1) -> Hits:
    """What every pixel of a group of views sees of the article."""
    size = (view.size[0] * supersample, view.size[1] * supersample)
    camera = view.camera.scaled(supersample)
    fragments = rasteriser(view.vertices, skin.faces, camera, size, closed=skin.closed)
    return locate(fragments, view.vertices, skin.faces, skin.uvs, camera)


def article(
    pyramid: Pyramid,
    view: View,
    skin: Skin,
    rasteriser: Rasterise = rasterise,
    supersample: int = 1,
    environments: Environments | None = None,
    self_shadow: bool = False,
) -> tuple[Float[Tensor, "t 4 m"], Spots]:
    """The article alone, lit: premultiplied linear rgba of the pixels that show it, and which those are."""
    hits = seen(view, skin, rasteriser, supersample)
    size = (view.size[0] * supersample, view.size[1] * supersample)
    sun_left = None
    if self_shadow and bool(view.condition.sun.any()):
        sun_left = sunlight_left(hits, view.vertices, skin.faces, view.condition, rasteriser)
    rgba = shade(
        pyramid, hits, view.condition, whole=skin.whole, environments=environments, sun_left=sun_left
    )
    return averaged(rgba, hits, size, supersample)


def layer(pyramid: Pyramid, view: View, skin: Skin, supersample: int = 1) -> Float[Tensor, "t k 4 h w"]:
    """The article alone, lit, as a picture: premultiplied linear rgba of each view."""
    rgba, spots = article(pyramid, view, skin, supersample=supersample)
    return layered(rgba, spots, view.size, len(view.rows))


def composite(
    rgba: Float[Tensor, "t k 4 h w"], behind: Float[Tensor, "k 3 h w"]
) -> Float[Tensor, "t k 3 h w"]:
    """A premultiplied layer over what is behind it, in linear light (Porter & Duff 1984, over)."""
    return rgba[:, :, :3] + behind * (1 - rgba[:, :, 3:])


@dataclass(frozen=True)
class Scene:
    """An article somewhere in the world, photographed: sRGB texture and condition to sRGB photographs."""

    surface: Surface
    camera: Camera
    backgrounds: Backgrounds
    output_px: tuple[int, int]
    framing: Framing = Framing.CROP
    supersample: int = 1
    rasteriser: Rasterise = rasterise
    environments: Environments | None = None
    self_shadow: bool = False

    def __call__(self, texture: Float[Tensor, "t c u v"], condition: Condition) -> Float[Tensor, "t k 3 h w"]:
        """What the model gets: every texture under every one of the k views, sRGB in [0, 1]."""
        if not len(condition):
            return texture.new_zeros(len(texture), 0, 3, *self.output_px)
        condition = condition.to(texture.device, texture.dtype)
        pyramid = pyramid_of(texture, self.surface.coverage)
        vertices = self.surface.vertices(condition)
        views = frames(self.framing, vertices, condition, self.camera, self.output_px, self.supersample)
        return in_order([self._photograph(pyramid, view) for view in views], views)

    def _photograph(self, pyramid: Pyramid, view: View) -> Tensor:
        behind = self.backgrounds.view(view.condition, view.size)
        skin = self.surface.skin(view.vertices)
        samples = samples_of(view, self.output_px, self.supersample)
        options = (self.rasteriser, samples, self.environments, self.self_shadow)
        linear = painted(*article(pyramid, view, skin, *options), behind)
        photo = develop(linear, view.condition, view.binning)
        return resize(photo.flatten(0, 1), self.output_px).unflatten(0, photo.shape[:2])
