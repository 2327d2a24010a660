"""How fine the texels of an article are for the pixels that see them."""

import torch
from jaxtyping import Float
from torch import Tensor

from renders.conditions import Condition
from renders.framing import View, frames
from renders.scene import Scene, seen


@torch.no_grad()
def texels_per_px(scene: Scene, texels: tuple[int, int], condition: Condition) -> Float[Tensor, " p"]:
    """Texels along one side of each pixel that covers the article, over all views of a condition.

    The root of the pixel's area in texels: sqrt(|det d(u, v)/d(x, y)| * rows * columns).

    Args:
        texels: rows and columns of the texture.
    """
    views = frames(
        scene.framing, scene.surface.vertices(condition), condition, scene.camera, scene.output_px, 1
    )
    return torch.cat([_per_view(scene, view, texels) for view in views])


def _per_view(scene: Scene, view: View, texels: tuple[int, int]) -> Tensor:
    hits = seen(view, scene.surface.skin(view.vertices), scene.rasteriser)
    return (torch.linalg.det(hits.footprint).abs() * texels[0] * texels[1]).sqrt()
