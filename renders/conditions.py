"""What may vary between two views of an article, and the distribution it is drawn from."""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor

from renders.errors import InputError, nearest


@dataclass(frozen=True)
class Quantity:
    """What one field of a Condition means: its off value, the values it may take, whether it counts.

    `by_area`: an angle above the horizon that is drawn uniformly in its sine, so that views are uniform by
    area on the part of the sphere they come from (Archimedes: a zone's area goes with its height).
    """

    off: float
    low: float
    high: float
    meaning: str
    integer: bool = False
    by_area: bool = False


def _quantity(
    off: float, low: float, high: float, meaning: str, *, integer: bool = False, by_area: bool = False
) -> Any:
    return field(metadata={"quantity": Quantity(off, low, high, meaning, integer, by_area)})


@dataclass(frozen=True)
class Condition:
    """A frozen batch of k draws of everything random about a view; every field is a `[k]` tensor.

    Convention: see docs/conventions.md for axes and signs. At its off value a field does exactly nothing.
    Any view can be replayed from its Condition: the sensor noise is a stored seed.
    """

    distance_m: Tensor = _quantity(10.0, 0.05, 1000.0, "camera to the centre of the article")
    yaw_deg: Tensor = _quantity(0.0, -180.0, 180.0, "turn of the article to the viewer's right")
    pitch_deg: Tensor = _quantity(0.0, -90.0, 90.0, "tilt of the face upwards")
    roll_deg: Tensor = _quantity(0.0, -180.0, 180.0, "counter-clockwise turn as seen by the camera")
    azimuth_deg: Tensor = _quantity(0.0, -180.0, 180.0, "camera's way around an object, to its right")
    elevation_deg: Tensor = _quantity(
        0.0, -90.0, 90.0, "camera's height above an object's horizon; uniform by area", by_area=True
    )
    focal: Tensor = _quantity(1.0, 0.1, 10.0, "focal length over the camera's own")
    aim_x: Tensor = _quantity(0.0, -1.0, 1.0, "place across the frame, as a fraction of the free room")
    aim_y: Tensor = _quantity(0.0, -1.0, 1.0, "place down the frame, as a fraction of the free room")
    zoom: Tensor = _quantity(1.3, 0.5, 20.0, "side of the crop over the extent of the article")
    wrinkle: Tensor = _quantity(0.0, 0.0, 0.5, "height of cloth's wrinkles over its width (cloth only)")
    sky: Tensor = _quantity(1.0, 0.0, 10.0, "diffuse light, linear gain")
    sun: Tensor = _quantity(0.0, 0.0, 10.0, "directed light, linear gain at normal incidence")
    sun_azimuth_deg: Tensor = _quantity(0.0, -180.0, 180.0, "sun to the right of straight behind the camera")
    sun_elevation_deg: Tensor = _quantity(45.0, -90.0, 90.0, "height of the sun")
    shadow: Tensor = _quantity(0.0, 0.0, 1.0, "share of the light lost on the dark side of a shadow edge")
    shadow_angle_deg: Tensor = _quantity(0.0, -180.0, 180.0, "direction in which the shadow lies")
    shadow_offset: Tensor = _quantity(0.0, -2.0, 2.0, "place of the shadow edge, in half-extents")
    sheen: Tensor = _quantity(0.0, 0.0, 10.0, "strength of the specular highlight, linear")
    gloss: Tensor = _quantity(32.0, 1.0, 2000.0, "Blinn-Phong exponent of it: 2 / roughness² - 2")
    environment: Tensor = _quantity(0.0, 0.0, 1e6, "index of the environment map of the sky", integer=True)
    environment_deg: Tensor = _quantity(0.0, -180.0, 180.0, "turn of the environment map about the vertical")
    background: Tensor = _quantity(0.0, 0.0, 1e6, "index of the background or photograph", integer=True)
    background_x: Tensor = _quantity(0.5, 0.0, 1.0, "which part of the background, across")
    background_y: Tensor = _quantity(0.5, 0.0, 1.0, "which part of the background, down")
    background_zoom: Tensor = _quantity(1.0, 1.0, 100.0, "1 = all of the background, more = a part")
    exposure_stops: Tensor = _quantity(0.0, -10.0, 10.0, "gain 2^x on linear light")
    warmth: Tensor = _quantity(0.0, -3.0, 3.0, "white balance, stops of red over blue")
    tint: Tensor = _quantity(0.0, -3.0, 3.0, "white balance, stops of green")
    vignetting: Tensor = _quantity(0.0, 0.0, 1.0, "fraction of light lost in the corner")
    distortion: Tensor = _quantity(0.0, -0.5, 0.5, "radial k1 at the half diagonal")
    defocus_px: Tensor = _quantity(0.0, 0.0, 50.0, "standard deviation of the defocus blur")
    motion_px: Tensor = _quantity(0.0, 0.0, 100.0, "length of the motion blur")
    motion_deg: Tensor = _quantity(0.0, -180.0, 180.0, "direction of the motion blur")
    shot_noise: Tensor = _quantity(0.0, 0.0, 1.0, "standard deviation of shot noise at linear white")
    read_noise: Tensor = _quantity(0.0, 0.0, 1.0, "standard deviation of read noise, linear")
    mosaic: Tensor = _quantity(0.0, 0.0, 1.0, "1 = Bayer mosaic and demosaicing", integer=True)
    contrast: Tensor = _quantity(0.0, 0.0, 1.0, "strength of the S-shaped tone curve")
    jpeg_quality: Tensor = _quantity(0.0, 0.0, 100.0, "0 = not compressed, else 1 to 100")
    noise_seed: Tensor = _quantity(0.0, 0.0, 2.0**62, "replays the sensor noise", integer=True)

    def __len__(self) -> int:
        return len(self.distance_m)

    def __getitem__(self, rows: Tensor | slice) -> "Condition":
        """The views named by an index tensor, a mask or a slice."""
        return Condition(**{name: getattr(self, name)[rows] for name in QUANTITIES})

    def to(self, device: torch.device, dtype: torch.dtype) -> "Condition":
        """The same views on a device; only the measured fields change dtype."""
        return Condition(
            **{
                name: getattr(self, name).to(device, None if q.integer else dtype)
                for name, q in QUANTITIES.items()
            }
        )


QUANTITIES: Mapping[str, Quantity] = MappingProxyType(
    {f.name: f.metadata["quantity"] for f in dataclasses.fields(Condition)}
)


def still(k: int = 1) -> Condition:
    """k views with everything at its off value: the reference view, repeated."""
    return Conditions({}).sample(torch.Generator(), k)


def join(parts: list[Condition]) -> Condition:
    """The views of several Conditions, one after the other."""
    return Condition(**{name: torch.cat([getattr(p, name) for p in parts]) for name in QUANTITIES})


@dataclass(frozen=True)
class Conditions:
    """The distribution of views: a (low, high) range per field; what is not named stays at its off value.

    Draws are independent and uniform over each range (integers: over low..high inclusive; elevations: by
    area on the sphere), made as one
    scrambled Sobol batch, which lowers the variance of estimated rates at equal views. Always drawn on the
    CPU, so CPU and GPU see the same views.
    """

    ranges: Mapping[str, tuple[float, float]]

    def __post_init__(self) -> None:
        for name, (low, high) in self.ranges.items():
            if name not in QUANTITIES:
                raise InputError(f"conditions.{name} is not a condition: {nearest(name, QUANTITIES)}")
            q = QUANTITIES[name]
            if not low <= high:
                raise InputError(f"conditions.{name}: expected [low, high]; got [{low}, {high}]: swap them")
            if low < q.low or high > q.high:
                raise InputError(
                    f"conditions.{name}: expected values in [{q.low:g}, {q.high:g}] ({q.meaning}); "
                    f"got [{low:g}, {high:g}]"
                )
            if q.integer and (int(low) != low or int(high) != high):
                raise InputError(
                    f"conditions.{name}: expected whole numbers ({q.meaning}); got [{low:g}, {high:g}]"
                )

    def sample(self, generator: torch.Generator, k: int) -> Condition:
        """k views, all randomness from the generator."""
        varying = [name for name, (low, high) in self.ranges.items() if low < high]
        seed = int(torch.randint(2**31, (1,), generator=generator))
        draws = (
            torch.quasirandom.SobolEngine(len(varying), scramble=True, seed=seed).draw(k, dtype=torch.float64)
            if varying
            else torch.empty(k, 0)
        )
        columns = dict(zip(varying, draws.T, strict=True))
        values = {name: self._column(name, columns.get(name), k) for name in QUANTITIES}
        if "noise_seed" not in self.ranges:
            values["noise_seed"] = torch.randint(2**62, (k,), generator=generator)
        return Condition(**values)

    def _column(self, name: str, draw: Tensor | None, k: int) -> Tensor:
        q = QUANTITIES[name]
        low, high = self.ranges.get(name, (q.off, q.off))
        if q.integer:
            first, span = int(low), int(high) - int(low)
            if draw is None:
                return torch.full((k,), first)
            return first + (draw * (span + 1)).floor().clamp(max=span).to(torch.int64)
        if draw is None:
            return torch.full((k,), float(low))
        if q.by_area:
            bottom, top = (math.sin(math.radians(end)) for end in (low, high))
            return torch.rad2deg(torch.asin(bottom + draw * (top - bottom))).float()
        return (low + draw * (high - low)).float()
