"""The world of a field picture as plain numbers: where article, camera, sun and ground are.

Convention: metres; the article's middle is the origin, x to the viewer's right, y up, z to the camera, which
looks along -z. A sign is looked at horizontally; around an object the camera climbs and turns, and the ground
with the object. Angles and lights are those of docs/conventions.md, written down a second time on purpose.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from renders.conditions import Condition
from renders.errors import InputError

# A phone's lens: 26 mm equivalent at f/1.8 has a pupil of 2.4 mm.
PUPIL_RADIUS_M = 1.2e-3
GROUND_ALBEDO = (0.20, 0.19, 0.17)  # worn asphalt with dust
SKY_TINT, SUN_TINT = (0.86, 1.0, 1.22), (1.12, 1.0, 0.82)
SIGN_HEIGHT_M = 2.0
CLEARANCE_M = 0.1


@dataclass(frozen=True, eq=False)
class Body:
    """The article: points around it, metres; a rectangle, or an object in a file in mm.

    `below_m` is the way from its middle down to the ground.
    """

    points: Float[np.ndarray, "n 3"]
    below_m: float
    obj: str | None = None

    @property
    def half_m(self) -> tuple[float, float]:
        """Half its width and height."""
        extent = np.ptp(self.points, axis=0)
        return float(extent[0]) / 2, float(extent[1]) / 2


def sign_body(width_m: float, height_m: float, below_m: float | None = None) -> Body:
    """A rectangle, on a pole if nothing else is said."""
    x, y = width_m / 2, height_m / 2
    corners = np.array([[-x, -y, 0], [x, -y, 0], [x, y, 0], [-x, y, 0]])
    return Body(corners, SIGN_HEIGHT_M + y if below_m is None else below_m)


@dataclass(frozen=True)
class Lens:
    """The camera of a run: focal length and frame in its native pixels, output in pixels, cut or whole.

    What has more native pixels than the model gets is traced at up to `finer` times the output and then
    shrunk by its levels, as a program shrinks a photo.
    """

    focal_px: float
    frame_px: tuple[int, int]
    output_px: tuple[int, int]
    crop: bool
    finer: int = 2

    @property
    def finest_px(self) -> tuple[int, int]:
        """The most rows and columns that are traced."""
        return self.output_px[0] * self.finer, self.output_px[1] * self.finer


@dataclass(frozen=True, eq=False)
class Setting:
    """One picture: turn of the article, distance, size of the picture in pixels and metres per pixel.

    Args:
        shift_px: where the article's middle falls, right and down of where the lens points.
        camera_m: where the camera stands, right of the article and above its middle.
        native: pixels of the camera to one of the picture, along a side.
        focus_m: the distance that is sharp.
        to_sun: unit vector.
        up: unit vector away from the ground, which is `below_m` under the article's middle.
        roughness: of the glossy coat that `sheen` is the strength of.
    """

    turn: Float[np.ndarray, "3 3"]
    distance_m: float
    size_px: tuple[int, int]
    metres_per_px: float
    shift_px: tuple[int, int]
    camera_m: tuple[float, float]
    native: float
    focus_m: float
    to_sun: Float[np.ndarray, " 3"]
    sky: float
    sun: float
    sheen: float
    up: Float[np.ndarray, " 3"]
    below_m: float
    roughness: float


def setting_of(view: Condition, body: Body, lens: Lens) -> Setting:
    """The picture that the only view of a condition asks for."""
    if len(view) != 1:
        raise InputError(f"expected one view; got {len(view)}: take them one by one")
    yaw, pitch, roll = float(view.yaw_deg), float(view.pitch_deg), float(view.roll_deg)
    azimuth, elevation = float(view.azimuth_deg), float(view.elevation_deg)
    turn = turned(yaw, pitch, roll) @ turned(0.0, -elevation, 0.0) @ turned(-azimuth, 0.0, 0.0)
    # A sign is turned in a level world; with an object the world turns before the camera.
    up = (
        np.array([0.0, 1.0, 0.0])
        if body.obj is None
        else turned(0, 0, roll) @ turned(0, -elevation, 0) @ [0, 1, 0]
    )
    distance, focal_px = float(view.distance_m), lens.focal_px * float(view.focal)
    middle, extent = apparent(turn, body, distance)
    aim = np.array([float(view.aim_x), float(view.aim_y)])
    if lens.crop:
        side_m = max(float(extent.max()) * float(view.zoom), distance / focal_px)
        native_px = side_m * focal_px / distance
        pixels = int(np.clip(round(native_px), 8, max(lens.finest_px)))
        size, metres_per_px = (pixels, pixels), side_m / pixels
        # The camera points at the article; a detector cuts a square around its box.
        exact = (aim * (side_m - extent.max()) / 2 - middle) / metres_per_px
        # Films are cut at whole pixels; the rest, under a pixel, is a step of the camera.
        shift = exact.round()
        camera = (exact - shift) * metres_per_px * [-1, 1]
        native = native_px / pixels
    else:
        native = max(1.0, lens.frame_px[1] / lens.finest_px[1])
        size = (round(lens.frame_px[0] / native), round(lens.frame_px[1] / native))
        metres_per_px = distance * native / focal_px
        # The camera points past the article, which is seen a little from the side.
        tangents = np.array([size[1], size[0]]) * metres_per_px / distance / 2
        aside = aimed(aim, body.points @ turn.T, distance, tangents)
        shift, camera = np.zeros(2), aside * [-1, 1]
    return Setting(
        turn=turn,
        distance_m=distance,
        size_px=size,
        metres_per_px=metres_per_px,
        shift_px=(int(shift[0]), int(shift[1])),
        camera_m=(float(camera[0]), float(camera[1])),
        native=max(1.0, native),
        focus_m=focus(distance, float(view.defocus_px), focal_px),
        to_sun=direction(float(view.sun_azimuth_deg), float(view.sun_elevation_deg)),
        sky=float(view.sky),
        sun=float(view.sun),
        sheen=float(view.sheen),
        up=up,
        # The camera stays above the ground: seen from below, an object stands high.
        below_m=max(body.below_m, CLEARANCE_M - distance * float(up[2])),
        # Blinn-Phong's exponent as the roughness of microfacets (Walter et al. 2007).
        roughness=float((2 / (view.gloss + 2)) ** 0.5),
    )


def turned(yaw_deg: float, pitch_deg: float, roll_deg: float) -> Float[np.ndarray, "3 3"]:
    """The article's axes in the world: yaw to the right about y, after pitch upwards, after roll."""
    (cy, cp, cr), (sy, sp, sr) = (f(np.radians([yaw_deg, pitch_deg, roll_deg])) for f in (np.cos, np.sin))
    yaw = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    pitch = np.array([[1, 0, 0], [0, cp, sp], [0, -sp, cp]])
    roll = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    whole: np.ndarray = yaw @ pitch @ roll
    return whole


def apparent(
    turn: Float[np.ndarray, "3 3"], body: Body, distance_m: float
) -> tuple[Float[np.ndarray, " 2"], Float[np.ndarray, " 2"]]:
    """Middle (right, down) and size of the article's box as seen, in metres at its distance."""
    corners = body.points @ turn.T
    seen = corners[:, :2] * [1, -1] * (distance_m / (distance_m - corners[:, 2:]).clip(1e-3))
    low, high = seen.min(0), seen.max(0)
    return (low + high) / 2, high - low


def aimed(
    aim: Float[np.ndarray, " 2"],
    corners: Float[np.ndarray, "n 3"],
    distance_m: float,
    tangents: Float[np.ndarray, " 2"],
) -> Float[np.ndarray, " 2"]:
    """How far right and down the article goes: `aim` of the way to where a corner meets the frame's edge.

    `tangents` are half the frame's width and height over the distance to it.
    """
    room, place = tangents * (distance_m - corners[:, 2:]), corners[:, :2] * [1, -1]
    most, least = (room - place).min(0).clip(0), (-room - place).max(0).clip(max=0)
    return np.where(aim > 0, aim * most, -aim * least)


def focus(distance_m: float, defocus_px: float, focal_px: float) -> float:
    """The nearer distance that is sharp where the article is blurred by `defocus_px` (standard deviation).

    A point spreads over a disc of diameter focal 2 r |1/d - 1/f|, whose standard deviation is a quarter.
    """
    return 1 / (1 / distance_m + 4 * defocus_px / (focal_px * 2 * PUPIL_RADIUS_M))


def direction(azimuth_deg: float, elevation_deg: float) -> Float[np.ndarray, " 3"]:
    """To the sun: azimuth 0, elevation 0 is behind the camera; positive is right and up."""
    azimuth, elevation = np.radians(azimuth_deg), np.radians(elevation_deg)
    level = np.cos(elevation)
    return np.array([level * np.sin(azimuth), np.sin(elevation), level * np.cos(azimuth)])
