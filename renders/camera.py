"""A pinhole camera in pixels, made from what people know about their lens."""

import math
from dataclasses import dataclass
from pathlib import Path

from jaxtyping import Float
from torch import Tensor

from renders.errors import InputError
from renders.photos import focal_and_size

DIAGONAL_35MM = math.hypot(36.0, 24.0)


@dataclass(frozen=True)
class Intrinsics:
    """k views of one image size: focal length and principal point in pixels.

    Convention: pixel (0, 0) is the top-left CORNER; view axes +X left, +Y up, +Z forward;
    x_px = centre_x_px - focal_px X / Z, y_px = centre_y_px - focal_px Y / Z.
    """

    focal_px: Float[Tensor, " k"]
    centre_x_px: Float[Tensor, " k"]
    centre_y_px: Float[Tensor, " k"]

    def scaled(self, factor: float) -> "Intrinsics":
        """The same views on a grid `factor` times as fine (supersampling)."""
        return Intrinsics(self.focal_px * factor, self.centre_x_px * factor, self.centre_y_px * factor)


@dataclass(frozen=True)
class Camera:
    """One camera: focal length and frame size in its native pixels; the axis meets the frame's middle."""

    focal_px: float
    width_px: int
    height_px: int

    def __post_init__(self) -> None:
        if not (self.focal_px > 0 and self.width_px > 0 and self.height_px > 0):
            raise InputError(
                f"camera: expected a positive focal length and frame size; got {self.focal_px:g} px, "
                f"{self.width_px} x {self.height_px}"
            )

    @classmethod
    def from_lens(cls, focal_mm: float, sensor_width_mm: float, width_px: int, height_px: int) -> "Camera":
        """From the real focal length and the width of the sensor, both in mm."""
        return cls(focal_mm / sensor_width_mm * width_px, width_px, height_px)

    @classmethod
    def from_35mm(cls, focal_35mm: float, width_px: int, height_px: int) -> "Camera":
        """From the 35 mm equivalent focal length, which EXIF defines by the DIAGONAL of the frame."""
        return cls(focal_35mm / DIAGONAL_35MM * math.hypot(width_px, height_px), width_px, height_px)

    @classmethod
    def from_exif(cls, path: Path) -> "Camera":
        """From the FocalLengthIn35mmFilm tag of a photo (an integer, so good to about 2 %).

        The frame is that of the photo turned upright, as `read_photo` turns it.
        """
        focal, (width_px, height_px) = focal_and_size(path)
        if focal is None:
            raise InputError(
                f"{path}: expected a length in an EXIF FocalLengthIn35mmFilm tag; found none: "
                "give camera.focal_35mm"
            )
        return cls.from_35mm(focal, width_px, height_px)
