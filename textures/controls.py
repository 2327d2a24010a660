"""The articles a success is measured against: noise, blank, clean, shuffled; in the same place and size."""

import torch
from jaxtyping import Float
from torch import Tensor

from textures.features import cell_of_texel
from textures.parameters.texture import Texture

# A texel from this on has the colour of the sticker alone.
FULL = 0.999


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


def shuffled_article(
    image: Float[Tensor, "3 u v"],
    clean: Float[Tensor, "3 u v"],
    mask: Float[Tensor, "1 u v"],
    cells: tuple[int, int],
    generator: torch.Generator,
) -> Float[Tensor, "3 u v"]:
    """The article with the cells of its sticker in random places: the same colours, another picture.

    `cells` are the rows and columns of the finest grid that the picture keeps to. A cell has the mean colour
    of its texels that are sticker alone; where it has none it stays as it is.
    """
    rows, columns = (cell_of_texel(n, texels) for n, texels in zip(cells, image.shape[1:], strict=True))
    cell = (rows[:, None] * cells[1] + columns).flatten()
    full = (mask.flatten() >= FULL).to(image)
    count = image.new_zeros(cells[0] * cells[1]).index_add(0, cell, full)
    total = image.new_zeros(3, len(count)).index_add(1, cell, image.flatten(1) * full)
    inked = count.nonzero()[:, 0]
    colours = total / count.clamp_min(1)
    colours[:, inked] = colours[:, inked[torch.randperm(len(inked), generator=generator)]]
    paint = torch.where(count[cell] > 0, colours[:, cell], image.flatten(1)).unflatten(1, image.shape[1:])
    return clean * (1 - mask) + mask * paint
