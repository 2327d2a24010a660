"""Settings that decide nothing beside the others: whoever set them would believe that they do."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from eot.runs.config import Config
from eot.runs.ranges import complete_ranges
from eot.runs.sections.world import PHONE_35MM

MESHES = ("mesh", "object")
BENT = ("cylinder", "cloth")
POSE = ("distance_m", "yaw_deg", "pitch_deg", "roll_deg", "azimuth_deg", "elevation_deg")
BEHIND = ("background_x", "background_y", "background_zoom")
AIM = ("aim_x", "aim_y", "zoom")


@dataclass(frozen=True)
class Rule:
    """Keys of one section, when they decide anything, and that in words."""

    section: str
    keys: str
    used: Callable[[Config], bool]
    where: str


def without_effect(config: Config) -> tuple[str, ...]:
    """For every setting that differs from its default and decides nothing, where it would."""
    lines = [
        f"{rule.section}.{key} (only {rule.where})"
        for rule in RULES
        if not rule.used(config)
        for key in _keys(config, rule)
        if _changed(config, rule.section, key)
    ]
    usual = complete_ranges({})
    silent = [name for name in _silent(config) if config.conditions[name] != usual[name]]
    # A range that no photograph shows is found by looking at photographs.
    fixed = [name for name in silent if config.conditions[name][0] == config.conditions[name][1]]
    return (*lines, *(f"conditions.{name} (nothing shows it here)" for name in fixed))


def _keys(config: Config, rule: Rule) -> list[str]:
    """The keys of a rule; `*` stands for the whole section."""
    return list(type(getattr(config, rule.section)).model_fields) if rule.keys == "*" else rule.keys.split()


def _changed(config: Config, section: str, key: str) -> bool:
    table = getattr(config, section)
    value, usual = getattr(table, key), _usual(table, key)
    return value is not None and value != usual


def _usual(table: Any, key: str) -> Any:
    return PHONE_35MM if key == "focal_35mm" else type(table).model_fields[key].default


def _silent(config: Config) -> Iterator[str]:
    """The conditions that no photograph of this kind shows."""
    kind, whole = config.surface.kind, config.camera.framing == "frame"
    if kind == "screen":
        yield from config.conditions
        return
    if kind == "photograph":
        yield from (*POSE, *BEHIND, "environment_deg", *(AIM if whole else ()))
    elif kind == "objects":
        yield from ("distance_m", "focal", "zoom", "environment_deg")
    else:
        yield from ("zoom",) if whole else ()
        yield from ("environment_deg",) if config.backgrounds.environments is None else ()
    if kind != "cloth":
        yield "wrinkle"


def _surface(*kinds: str) -> Callable[[Config], bool]:
    return lambda config: config.surface.kind in kinds


def _article(*kinds: str) -> Callable[[Config], bool]:
    return lambda config: config.article.kind in kinds


def _goal(*kinds: str) -> Callable[[Config], bool]:
    return lambda config: config.objective.kind in kinds


def _drawn(config: Config) -> bool:
    """Whether the renderer draws the whole scene."""
    return config.surface.kind in ("flat", *BENT)


def _free_mask(config: Config) -> bool:
    return config.article.kind != "patch" and config.sticker.mask != "full"


RULES = (
    Rule("objective", "hiding", _goal("hide", "mislabel", "degrade"), "for hide, mislabel, degrade"),
    Rule("objective", "everywhere", _goal("hide"), "for hide"),
    Rule("objective", "loss kappa", _goal("targeted", "evade"), "for targeted and evade"),
    Rule("objective", "target", _goal("targeted", "appear", "mislabel"), "for targeted, appear, mislabel"),
    Rule("objective", "label", lambda c: c.objective.kind != "appear", "where something is there already"),
    Rule("article", "sign", _article("sign"), "for article.kind = sign"),
    Rule("article", "mesh unit up size_mm", _article("mesh"), "for article.kind = mesh"),
    Rule("article", "object", _article("object"), "for article.kind = object"),
    Rule("article", "image faces", _article("image"), "for article.kind = image"),
    Rule("article", "width_mm height_mm", _article("sign", "image", "patch"), "for flat articles"),
    Rule("sticker", "boxes", lambda c: c.sticker.mask == "rectangles", "for sticker.mask = rectangles"),
    Rule("sticker", "area", _free_mask, "where sticker.mask leaves something free"),
    Rule("sticker", "parts", lambda c: c.article.kind in MESHES and c.sticker.mask != "auto", "for meshes"),
    Rule("texture", "palette", lambda c: c.texture.kind == "palette", "for texture.kind = palette"),
    Rule("texture", "eps", lambda c: c.texture.norm != "none", "with a texture.norm: nothing is bounded"),
    Rule("surface", "radius_mm", _surface("cylinder"), "for surface.kind = cylinder"),
    Rule("surface", "wavelength", _surface("cloth"), "for surface.kind = cloth"),
    Rule(
        "surface",
        "self_shadow",
        lambda c: c.surface.kind in BENT or (_drawn(c) and c.article.kind in MESHES),
        "for meshes, cylinder and cloth",
    ),
    Rule("surface", "corners occlusion", _surface("photograph"), "for surface.kind = photograph"),
    Rule("surface", "photos", _surface("photograph", "objects"), "for photographs and objects"),
    Rule(
        "surface",
        "boxes objects object_height_mm place min_object_px",
        _surface("objects"),
        "for surface.kind = objects",
    ),
    Rule("camera", "framing", lambda c: _drawn(c) or c.surface.kind == "photograph", "for scenes and photos"),
    Rule(
        "camera",
        "supersample",
        lambda c: _drawn(c) or c.surface.kind == "photograph",
        "for scenes and photos",
    ),
    Rule(
        "camera",
        "focal_mm sensor_width_mm focal_35mm focal_px exif width_px height_px rasteriser",
        _drawn,
        "where the whole scene is drawn",
    ),
    Rule("backgrounds", "*", _drawn, "where the whole scene is drawn"),
    Rule("optimiser", "rate schedule", lambda c: c.optimiser.kind != "random", "with steps of a length"),
    Rule("optimiser", "trials", lambda c: c.optimiser.kind in ("random", "nes"), "for random and nes"),
    Rule("search", "hold", lambda c: c.search.lab_rounds > 0, "with search.lab_rounds"),
    Rule("evaluation", "distance_cells yaw_cells", _article("sign", "image", "patch"), "for flat articles"),
    Rule("evaluation", "elevation_cells azimuth_cells", _article(*MESHES), "for meshes"),
)
