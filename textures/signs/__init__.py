"""Road sign faces: catalogue of classes and sizes, and their vector drawings."""

from textures.signs.catalogue import SignSpec, catalogue, find_sign
from textures.signs.face import Face, face, svg, width_px_at

__all__ = ["Face", "SignSpec", "catalogue", "face", "find_sign", "svg", "width_px_at"]
