"""Where ink may go: masks drawn, read or found, and their outlines in mm. `[1 u v]`, 1 is sticker."""

from textures.masks.automatic import largest
from textures.masks.given import area_fraction, from_image, from_svg, rectangles
from textures.masks.outline import outlines

__all__ = ["area_fraction", "from_image", "from_svg", "largest", "outlines", "rectangles"]
