"""Mitsuba 3 renders one picture of the world: sun, sky, ground, shadows, interreflection, a real lens.

The only file that imports Mitsuba. The variant is `scalar_rgb`, which needs nothing else; `EOT_MITSUBA`
names another one.
"""

import importlib.metadata
import os
from typing import Any

import numpy as np
from jaxtyping import Float

from eot.field.world import (
    GROUND_ALBEDO,
    PUPIL_RADIUS_M,
    SKY_TINT,
    SUN_TINT,
    Body,
    Setting,
)
from renders.errors import InputError

VARIANT, USUAL = "EOT_MITSUBA", "scalar_rgb"
INSTALL = "the path tracer needs Mitsuba 3: pip install mitsuba"
LLVM = (
    "{variant} cannot start ({reason}): llvm variants need LLVM 15 or newer; name its library, e.g. "
    "DRJIT_LIBLLVM_PATH=/usr/lib/x86_64-linux-gnu/libLLVM-15.so, or unset " + VARIANT
)
FAR_M = 2000.0
METRES_PER_MM = 0.001
CARD_PX, CARD_SAMPLES = 4, 256
DEPTH = 5  # bounces of light that are followed
# The film is wider than the picture, so that the article may stand beside the lens's axis.
WIDER = 3


def mitsuba() -> Any:
    """The package, ready for use; InputError with what to do where it is missing or cannot start."""
    try:
        import mitsuba as package
    except ImportError:
        raise InputError(INSTALL) from None
    variant = _variant()
    if package.variant() != variant:
        try:
            package.set_variant(variant)
            package.load_dict({"type": "scene"})
        except (ImportError, RuntimeError, AssertionError) as error:
            reason = str(error).split("\n")[0] or type(error).__name__
            raise InputError(LLVM.format(variant=variant, reason=reason)) from None
    # It would tell of every number of samples that it rounds up.
    package.set_log_level(package.LogLevel.Error)
    return package


def tracer_name() -> str:
    """Which tracer makes the pictures: its version and variant, told without loading it."""
    try:
        version = importlib.metadata.version("mitsuba")
    except importlib.metadata.PackageNotFoundError:
        version = "not installed"
    return f"mitsuba {version} {_variant()}"


def _variant() -> str:
    return os.environ.get(VARIANT, USUAL)


def check_panorama(path: str) -> None:
    """Raises InputError for a file that no sky can be made of."""
    try:
        mitsuba().load_dict({"type": "envmap", "filename": path})
    except RuntimeError:
        raise InputError(
            f"--sky {path}: expected a panorama (.hdr or .exr); got a file that cannot be read: save it anew"
        ) from None


def traced(
    setting: Setting,
    body: Body,
    linear: Float[np.ndarray, "h w 3"],
    coverage: Float[np.ndarray, "u v"],
    samples: int,
    seed: int,
    environment: str | None = None,
) -> Float[np.ndarray, "rows columns 3"]:
    """Linear light of a picture; 1 is a white card that faces the camera in the light of the condition.

    `linear` is the texture in linear light, its first row on top, `coverage` 1 where the article is.
    `environment` is the path of a panorama (.hdr, .exr) in place of the plain sky.
    """
    package = mitsuba()
    world = _world(package, setting, environment)
    article = _article(package, setting, body, linear, coverage)
    camera = _camera(package, setting, samples)
    scene = package.load_dict({**world, **article, "sensor": camera})
    light = np.array(package.render(scene, seed=seed)).astype(np.float64)
    return light * _meter(package, setting, world)


def _meter(package: Any, setting: Setting, world: dict[str, Any]) -> Float[np.ndarray, " 3"]:
    """The gain, by colour, at which a white card in the article's place is as bright as the condition says.

    A photographer's light meter and white balance: what is left to differ is how light falls, not how much.
    """
    card = {
        "type": "rectangle",
        "to_world": package.ScalarTransform4f().scale([0.01, 0.01, 0.01]),
        "bsdf": {"type": "diffuse", "reflectance": {"type": "rgb", "value": 1.0}},
    }
    sensor = {
        "type": "perspective",
        "fov": 0.05 / setting.distance_m,
        "to_world": _looking(package, setting, (0.0, 0.0)),
        "film": _film(CARD_PX, CARD_PX),
        "sampler": {"type": "multijitter", "sample_count": CARD_SAMPLES},
    }
    seen = np.array(package.render(package.load_dict({**world, "card": card, "sensor": sensor}), seed=0))
    wanted = setting.sky + setting.sun * max(0.0, float(setting.to_sun[2]))
    gain: np.ndarray = wanted / seen.mean((0, 1)).clip(1e-6)
    return gain


def _world(package: Any, setting: Setting, environment: str | None) -> dict[str, Any]:
    """Light and ground."""
    sky: dict[str, Any] = {"type": "constant", "radiance": _rgb(setting.sky * np.array(SKY_TINT))}
    if environment is not None:
        sky = {"type": "envmap", "filename": environment}
    ground = {
        "type": "rectangle",
        "to_world": _standing(package, setting).scale(FAR_M),
        "bsdf": {"type": "diffuse", "reflectance": _rgb(GROUND_ALBEDO)},
    }
    world = {
        "type": "scene",
        "integrator": {"type": "path", "max_depth": DEPTH},
        "sky": sky,
        "ground": ground,
    }
    if setting.sun > 0:
        irradiance = _rgb(np.pi * setting.sun * np.array(SUN_TINT))
        world["sun"] = {"type": "directional", "direction": list(-setting.to_sun), "irradiance": irradiance}
    return world


def _standing(package: Any, setting: Setting) -> Any:
    """From the plane z = 0 to the ground."""
    level = np.cross(setting.up, [0.6, 0.0, 0.8])
    level /= np.linalg.norm(level)
    frame = np.eye(4)
    frame[:3, 0], frame[:3, 1], frame[:3, 2] = level, np.cross(setting.up, level), setting.up
    frame[:3, 3] = -setting.below_m * setting.up
    return package.ScalarTransform4f(frame)


def _article(
    package: Any, setting: Setting, body: Body, linear: np.ndarray, coverage: np.ndarray
) -> dict[str, Any]:
    """The textured article on both its sides, and for a sign the pole it stands on."""
    flat = body.obj is None
    # Mitsuba counts rows of a rectangle's texture from below; for OBJ files it turns them over itself.
    rows = slice(None, None, -1) if flat else slice(None)
    colour = _bitmap(package, linear[rows])
    matte: dict[str, Any] = {"type": "diffuse", "reflectance": colour}
    if setting.sheen > 0:
        matte = {
            "type": "roughplastic",
            "diffuse_reflectance": colour,
            "alpha": setting.roughness,
            "specular_reflectance": _rgb(min(1.0, setting.sheen)),
        }
    surface: dict[str, Any] = {"type": "twosided", "bsdf": matte}
    if flat and coverage.min() < 1:
        surface = {"type": "mask", "opacity": _bitmap(package, coverage[rows, :, None]), "bsdf": surface}
    turn = np.eye(4)
    turn[:3, :3] = setting.turn
    placed = package.ScalarTransform4f(turn)
    if not flat:
        shape = {"type": "obj", "filename": body.obj, "face_normals": True, "bsdf": surface}
        return {"article": {**shape, "to_world": placed.scale(METRES_PER_MM)}}
    half = placed.scale([*body.half_m, 1])
    # The pole leans with its sign, or a sign that is tilted would be run through by it.
    top = setting.turn @ [0, 0, -0.06]
    foot = top - setting.turn @ [0, 1.2 * setting.below_m, 0]
    pole = {
        "type": "cylinder",
        "p0": foot.tolist(),
        "p1": top.tolist(),
        "radius": 0.03,
        "bsdf": {"type": "twosided", "bsdf": {"type": "diffuse", "reflectance": _rgb(0.35)}},
    }
    return {"article": {"type": "rectangle", "to_world": half, "bsdf": surface}, "pole": pole}


def _camera(package: Any, setting: Setting, samples: int) -> dict[str, Any]:
    """A thin lens with the pupil of a phone, focused where the condition says."""
    height, width = setting.size_px
    film = _film(WIDER * height, WIDER * width)
    film |= {
        "crop_width": width,
        "crop_height": height,
        "crop_offset_x": width - setting.shift_px[0],
        "crop_offset_y": height - setting.shift_px[1],
    }
    half = WIDER * width / 2 * setting.metres_per_px
    return {
        "type": "thinlens",
        "aperture_radius": PUPIL_RADIUS_M,
        "focus_distance": setting.focus_m,
        "fov": 2 * float(np.degrees(np.arctan(half / setting.distance_m))),
        "fov_axis": "x",
        "near_clip": 0.01,
        "far_clip": 2 * FAR_M,
        "to_world": _looking(package, setting, setting.camera_m),
        "film": film,
        "sampler": {"type": "multijitter", "sample_count": samples},
    }


def _looking(package: Any, setting: Setting, aside_m: tuple[float, float]) -> Any:
    """A level camera that looks along -z."""
    x, y = aside_m
    return package.ScalarTransform4f().look_at([x, y, setting.distance_m], [x, y, 0], [0, 1, 0])


def _film(height: int, width: int) -> dict[str, Any]:
    kind = {"type": "hdrfilm", "pixel_format": "rgb", "component_format": "float32"}
    return {**kind, "width": width, "height": height, "rfilter": {"type": "box"}}


def _rgb(value: Any) -> dict[str, Any]:
    return {"type": "rgb", "value": np.broadcast_to(np.asarray(value, dtype=float), 3).tolist()}


def _bitmap(package: Any, image: np.ndarray) -> dict[str, Any]:
    data = package.Bitmap(np.ascontiguousarray(image, dtype=np.float32))
    return {"type": "bitmap", "bitmap": data, "raw": True, "filter_type": "bilinear", "wrap_mode": "clamp"}
