"""The articles a success is measured against: random noise, blank, and clean, in the same place and size."""

import torch
from jaxtyping import Float
from torch import Tensor

from textures.parameters.texture import Texture


def noise_article(texture: Texture, generator: torch.Generator) -> Float[Tensor, "t 3 u v"]:
    """The article with random noise: same mask, smallest feature, ball and colours as the texture.

    What it still achieves is due to covering the article, not to the optimised picture.
    """
    return texture.noise(generator).detach()


def blank_article(texture: Texture) -> Float[Tensor, "t 3 u v"]:
    """The article with a mid-grey sticker of the same mask; in a ball, the article without change."""
    return texture.blank().detach()


def clean_article(texture: Texture) -> Float[Tensor, "t 3 u v"] | None:
    """The article without sticker or change.

    None for a bare Fourier or palette patch: there its clean view is the scene without the patch.
    """
    clean = texture.clean()
    return None if clean is None else clean.detach()
