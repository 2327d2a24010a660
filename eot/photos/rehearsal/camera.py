"""A second camera, made with OpenCV alone: it shares nothing with the sensor that articles are made on.

Geometry, optics and noise are written here once more, so that an error in one of the two shows as a
disagreement.
"""

import io
import math
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import ExifTags, Image

from eot.photos.light import LINEAR
from renders.camera import DIAGONAL_35MM, Camera

# Samples a side in every pixel that shows the article.
SUPERSAMPLES = 3
# What the lens blurs beyond the article's own edge, in standard deviations.
BORDER = 4
STEPS = 4096
# Levels (0 to 255) of linear light in so many steps.
ENCODED = np.concatenate([np.interp(np.linspace(0, 1, STEPS + 1), LINEAR, np.arange(256)), [255.0]]).astype(
    np.float32
)


@dataclass(frozen=True)
class Stand:
    """Where the article stands before the camera: see `renders.geometry` for the signs.

    `aim` is where its centre falls, as a fraction of the frame from the top left.
    """

    distance_m: float
    yaw_deg: float = 0.0
    pitch_deg: float = 0.0
    roll_deg: float = 0.0
    aim: tuple[float, float] = (0.5, 0.5)


@dataclass(frozen=True)
class Exposure:
    """What light and lens do to one photo: gain, blur in pixels, noise at white, fall-off, colour, JPEG.

    `contrast` mixes in so much of the S-curve 3 x^2 - 2 x^3 of the levels.
    """

    gain: float = 0.9
    blur_px: float = 0.7
    shot_noise: float = 0.01
    read_noise: float = 0.002
    vignetting: float = 0.15
    warmth: float = 0.0
    slope: tuple[float, float] = (0.0, 0.0)
    contrast: float = 0.0
    quality: int = 93


@dataclass(frozen=True, eq=False)
class Plane:
    """A flat printed thing: sRGB levels, the opacity of each, and how many millimetres a pixel has.

    `centre_mm` is the point of the plane, from its top left, that the camera aims at.
    """

    levels: UInt8[np.ndarray, "h w 3"]
    opacity: Float[np.ndarray, "h w"]
    mm_per_px: float
    centre_mm: tuple[float, float]


def to_photo(plane: Plane, stand: Stand, camera: Camera) -> Float[np.ndarray, "3 3"]:
    """Millimetres of the plane (x right, y down) to pixels of the photo (edge coordinates)."""
    yaw, pitch, roll = (math.radians(a) for a in (stand.yaw_deg, stand.pitch_deg, stand.roll_deg))
    about_y = cv2.Rodrigues(np.array([0.0, yaw, 0.0]))[0]
    about_x = cv2.Rodrigues(np.array([-pitch, 0.0, 0.0]))[0]
    about_z = cv2.Rodrigues(np.array([0.0, 0.0, roll]))[0]
    turn = about_y @ about_x @ about_z
    target = np.array([stand.aim[0] * camera.width_px, stand.aim[1] * camera.height_px])
    across, down = (target - (camera.width_px / 2, camera.height_px / 2)) / camera.focal_px
    ray = np.array([across, down, 1.0]) / math.sqrt(across**2 + down**2 + 1)
    # The camera that looks straight at the article, turned until the article falls where it is to be.
    axis = np.array([-ray[1], ray[0], 0.0])
    sine = float(np.linalg.norm(axis))
    look = np.eye(3) if sine < 1e-12 else cv2.Rodrigues(axis / sine * math.asin(sine))[0]
    flip = np.diag([1.0, -1.0, -1.0])
    pose = look @ flip @ turn
    metres = np.array(
        [[0.001, 0, -plane.centre_mm[0] / 1000], [0, -0.001, plane.centre_mm[1] / 1000], [0, 0, 1.0]]
    )
    columns = np.stack([pose[:, 0], pose[:, 1], ray * stand.distance_m], -1)
    lens = np.array(
        [[camera.focal_px, 0, camera.width_px / 2], [0, camera.focal_px, camera.height_px / 2], [0, 0, 1.0]]
    )
    return lens @ columns @ metres


def photograph(
    plane: Plane,
    stand: Stand,
    camera: Camera,
    background: UInt8[np.ndarray, "h w 3"],
    exposure: Exposure,
    generator: torch.Generator,
) -> bytes:
    """The photo as a JPEG file with the EXIF of a phone."""
    size = (camera.width_px, camera.height_px)
    scene = LINEAR[cv2.resize(background, size, interpolation=cv2.INTER_LINEAR)]
    _put(scene, plane, to_photo(plane, stand, camera))
    scene = cv2.GaussianBlur(scene, (0, 0), exposure.blur_px, borderType=cv2.BORDER_REFLECT)
    scene *= _light(size, exposure)
    deviation = np.sqrt(exposure.shot_noise**2 * np.clip(scene, 0, None) + exposure.read_noise**2)
    scene += deviation * torch.randn(scene.shape, generator=generator).numpy()
    curve = np.interp(ENCODED, np.arange(256), _toned(exposure.contrast)).astype(np.float32)
    levels = curve[np.clip(scene * STEPS, 0, STEPS).astype(np.int32)]
    # Dithered by the noise already, so plain rounding is what a camera does.
    return _jpeg((levels + 0.5).astype(np.uint8), camera, exposure.quality)


def _put(scene: Float[np.ndarray, "h w 3"], plane: Plane, homography: Float[np.ndarray, "3 3"]) -> None:
    """Draws the plane into a scene in linear light, every pixel the mean of its samples."""
    height_px, width_px = plane.levels.shape[:2]
    edge = np.array([[0, 0], [width_px, 0], [width_px, height_px], [0, height_px]]) * plane.mm_per_px
    corners = cv2.perspectiveTransform(edge[None].astype(np.float64), homography)[0]
    low = np.clip(np.floor(corners.min(0)).astype(int) - 1, 0, (scene.shape[1], scene.shape[0]))
    high = np.clip(np.ceil(corners.max(0)).astype(int) + 1, 0, (scene.shape[1], scene.shape[0]))
    if (high <= low).any():
        return
    longest = max(float(np.linalg.norm(corners[i] - corners[i - 1])) for i in range(4)) * SUPERSAMPLES
    shrink = min(1.0, longest / max(height_px, width_px))
    light = LINEAR[plane.levels] * plane.opacity[..., None]
    layers: np.ndarray = np.concatenate([light, plane.opacity[..., None]], -1).astype(np.float32)
    if shrink < 1:
        small = max(1, round(width_px * shrink)), max(1, round(height_px * shrink))
        layers = cv2.resize(layers, small, interpolation=cv2.INTER_AREA)
    rows, columns = layers.shape[:2]
    source = np.diag([width_px * plane.mm_per_px / columns, height_px * plane.mm_per_px / rows, 1.0])
    window = np.array(
        [[SUPERSAMPLES, 0, -low[0] * SUPERSAMPLES], [0, SUPERSAMPLES, -low[1] * SUPERSAMPLES], [0, 0, 1.0]]
    )
    centre = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1.0]])
    warp = np.linalg.inv(centre) @ window @ homography @ source @ centre
    wide, tall = (high - low) * SUPERSAMPLES
    fine = cv2.warpPerspective(layers, warp, (int(wide), int(tall)), flags=cv2.INTER_LINEAR)
    seen = cv2.resize(fine, tuple(int(side) for side in high - low), interpolation=cv2.INTER_AREA)
    part = scene[low[1] : high[1], low[0] : high[0]]
    part *= 1 - seen[..., 3:]
    part += seen[..., :3]


def _toned(contrast: float) -> Float[np.ndarray, " 256"]:
    """The level that becomes of each level."""
    x = np.arange(256) / 255
    return 255 * ((1 - contrast) * x + contrast * x * x * (3 - 2 * x))


def _light(size: tuple[int, int], exposure: Exposure) -> Float[np.ndarray, "h w 3"]:
    """Gain per pixel and channel: exposure, a gradient across the frame, fall-off and white balance."""
    x = (np.arange(size[0], dtype=np.float32) + 0.5) / size[0] - 0.5
    y = (np.arange(size[1], dtype=np.float32)[:, None] + 0.5) / size[1] - 0.5
    aspect = size[1] / size[0]
    radius = (x**2 + (y * aspect) ** 2) / (0.25 * (1 + aspect**2))
    gain = exposure.gain * (1 - exposure.vignetting * radius)
    gain = gain * (1 + exposure.slope[0] * x + exposure.slope[1] * y)
    colour = np.array([2 ** (exposure.warmth / 2), 1.0, 2 ** (-exposure.warmth / 2)], np.float32)
    return gain[..., None] * colour


def _jpeg(levels: UInt8[np.ndarray, "h w 3"], camera: Camera, quality: int) -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "eot"
    exif[ExifTags.Base.Model] = "rehearsal"
    focal_35mm = camera.focal_px * DIAGONAL_35MM / math.hypot(camera.width_px, camera.height_px)
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.FocalLengthIn35mmFilm] = round(focal_35mm)
    stream = io.BytesIO()
    Image.fromarray(levels).save(stream, "JPEG", quality=quality, exif=exif)
    return stream.getvalue()
