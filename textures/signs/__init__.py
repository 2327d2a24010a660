"""Road sign faces: catalogue of classes and sizes, and their vector drawings."""

from textures.signs.catalogue import SignSpec, catalogue, find_sign
from textures.signs.face import Face, face, png, svg, width_px_at

__all__ = ["Face", "SignSpec", "catalogue", "face", "find_sign", "png", "svg", "width_px_at"]
