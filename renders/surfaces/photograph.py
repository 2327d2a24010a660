"""A real photograph with the article in it: the texture is put where its four corners are, lit as it was."""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from renders.conditions import Condition
from renders.framing import Framing, View, frames, in_order, samples_of
from renders.lookup import Pyramid
from renders.scene import composite, layer, pyramid_of
from renders.sensor.develop import develop
from renders.sensor.optics import bend
from renders.sensor.resize import resize
from renders.surfaces.flat import quad
from renders.surfaces.photo import Photo, corner_vertices


@dataclass(frozen=True)
class Photograph:
    """The scene of one or more photographs; `condition.background` chooses among them.

    The pose is the photo's own. FRAME shows all of it, CROP a square around the article (`zoom`, `aim`);
    light and sensor of the condition act on top of what the photo already went through. A photo's own
    distortion bends the article in FRAME; within a crop the corners alone place it.
    """

    photos: tuple[Photo, ...]
    output_px: tuple[int, int]
    framing: Framing = Framing.FRAME
    coverage: Float[Tensor, "1 u v"] | None = None
    supersample: int = 2

    def __call__(self, texture: Float[Tensor, "t c u v"], condition: Condition) -> Float[Tensor, "t k 3 h w"]:
        """Every texture in the photo of every view, sRGB in [0, 1]."""
        condition = condition.to(texture.device, texture.dtype)
        pyramid = pyramid_of(texture, self.coverage)
        choice = condition.background % len(self.photos)
        views, parts = [], []
        for index in choice.unique().tolist():
            rows = (choice == index).nonzero()[:, 0]
            for view in self._views(self.photos[index], condition[rows]):
                parts.append(self._photograph(pyramid, self.photos[index], view))
                views.append(replace(view, rows=rows[view.rows]))
        return in_order(parts, views)

    def _views(self, photo: Photo, condition: Condition) -> list[View]:
        corners = photo.corners_px
        if self.framing is Framing.FRAME:
            corners = photo.ideal_corners_px
            still_aim = torch.zeros_like(condition.aim_x)  # the article stays where the photo has it
            condition = replace(condition, aim_x=still_aim, aim_y=still_aim)
        vertices = corner_vertices(corners.to(condition.distance_m), photo.camera)
        quads = vertices.expand(len(condition), -1, -1)
        return frames(self.framing, quads, condition, photo.camera, self.output_px, self.supersample)

    def _photograph(self, pyramid: Pyramid, photo: Photo, view: View) -> Tensor:
        photo_px = photo.photo_px(view)
        samples = samples_of(view, self.output_px, self.supersample)
        rgba = photo.relight(layer(pyramid, view, quad(view.vertices), supersample=samples), photo_px)
        if self.framing is Framing.FRAME:
            # k1 is per half diagonal squared, of all of the photo; a longer focal length shows less of it.
            rgba = bend(rgba, photo.distortion / view.condition.focal.square())
        if photo.occlusion is not None:
            rgba = rgba * (1 - photo.cut(photo.blocked, view))
        linear = composite(rgba, photo.cut(photo.linear, view))
        photographs = develop(linear, view.condition, view.binning)
        return resize(photographs.flatten(0, 1), self.output_px).unflatten(0, photographs.shape[:2])
