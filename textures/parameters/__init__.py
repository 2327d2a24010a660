"""Textures: from parameters to a printable image, with the bounds they keep."""

from textures.parameters.fourier import Fourier
from textures.parameters.palette import Palette
from textures.parameters.pixels import Pixels
from textures.parameters.sticker import Sticker
from textures.parameters.tanh import Tanh
from textures.parameters.texture import Texture
from textures.parameters.vertices import VertexColours

__all__ = ["Fourier", "Palette", "Pixels", "Sticker", "Tanh", "Texture", "VertexColours"]
