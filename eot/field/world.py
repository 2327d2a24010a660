"""The world of a field picture as plain numbers: where article, camera, sun and ground are.

Convention: metres; the article's middle is the origin, x to the viewer's right, y up, z to the camera. The
camera looks horizontally, the ground is level. Angles and lights are those of docs/conventions.md, written
down here a second time on purpose.
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


@dataclass(frozen=True)
class Body:
    """The article: a rectangle of this width and height, or the file of an object; metres.

    `below_m` is the way from its middle down to the ground.
    """

    width_m: float
    height_m: float
    depth_m: float
    below_m: float
    obj: str | None = None


@dataclass(frozen=True)
class Lens:
    """The camera of a run: focal length and frame in its native pixels, output in pixels, cut or whole."""

    focal_px: float
    frame_px: tuple[int, int]
    output_px: tuple[int, int]
    crop: bool


@dataclass(frozen=True, eq=False)
class Setting:
    """One picture: turn of the article, distance, size of the picture in pixels and metres per pixel.

    Args:
        shift_px: where the article's middle falls, right and down of where the lens points.
        camera_m: where the camera stands, right of the article and above its middle.
        native: pixels of the camera to one of the picture, along a side.
        focus_m: the distance that is sharp.
        to_sun: unit vector.
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


def setting_of(view: Condition, body: Body, lens: Lens) -> Setting:
    """The picture that the only view of a condition asks for."""
    if len(view) != 1:
        raise InputError(f"expected one view; got {len(view)}: take them one by one")
    turn = turned(float(view.yaw_deg), float(view.pitch_deg), float(view.roll_deg))
    distance = float(view.distance_m)
    middle, extent = apparent(turn, body, distance)
    aim = np.array([float(view.aim_x), float(view.aim_y)])
    if lens.crop:
        side_m = max(float(extent.max()) * float(view.zoom), distance / lens.focal_px)
        native_px = side_m * lens.focal_px / distance
        pixels = int(np.clip(round(native_px), 8, max(lens.output_px)))
        size, metres_per_px = (pixels, pixels), side_m / pixels
        # The camera points at the article; a detector cuts a square around its box.
        exact = (aim * (side_m - extent.max()) / 2 - middle) / metres_per_px
        # Films are cut at whole pixels; the rest, under a pixel, is a step of the camera.
        shift = exact.round()
        camera = (exact - shift) * metres_per_px * [-1, 1]
        native = native_px / pixels
    else:
        native = max(1.0, lens.frame_px[1] / lens.output_px[1])
        size = (round(lens.frame_px[0] / native), round(lens.frame_px[1] / native))
        metres_per_px = distance * native / lens.focal_px
        # The camera points past the article, which is seen a little from the side.
        aside = aim * (np.array([size[1], size[0]]) * metres_per_px - extent).clip(0) / 2
        shift, camera = np.zeros(2), aside * [-1, 1]
    return Setting(
        turn=turn,
        distance_m=distance,
        size_px=size,
        metres_per_px=metres_per_px,
        shift_px=(int(shift[0]), int(shift[1])),
        camera_m=(float(camera[0]), float(camera[1])),
        native=max(1.0, native),
        focus_m=focus(distance, float(view.defocus_px), lens.focal_px),
        to_sun=direction(float(view.sun_azimuth_deg), float(view.sun_elevation_deg)),
        sky=float(view.sky),
        sun=float(view.sun),
        sheen=float(view.sheen),
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
    x, y, z = body.width_m / 2, body.height_m / 2, body.depth_m / 2
    corners = np.array([[i * x, j * y, k * z] for i in (-1, 1) for j in (-1, 1) for k in (-1, 1)]) @ turn.T
    seen = corners[:, :2] * [1, -1] * (distance_m / (distance_m - corners[:, 2:]).clip(1e-3))
    low, high = seen.min(0), seen.max(0)
    return (low + high) / 2, high - low


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
