"""Combinations of settings that cannot be run: refused before anything is painted or written."""

from eot.runs.config import Config
from renders.errors import InputError

# Goals that need to know where the things are in a picture.
PLACED = ("hide", "appear", "mislabel", "degrade", "erase", "recede")
ASKING = ("random", "nes")


def check_goal(config: Config) -> None:
    """Raises InputError where the scene does not tell what the goal needs."""
    goal, surface = config.objective.kind, config.surface.kind
    if goal in PLACED and surface != "objects":
        raise InputError(
            f"surface.kind: expected objects, as objective.kind = {goal} must know where things are; got "
            f"{surface}: set surface.kind, photos and boxes"
        )
    if goal == "mislabel" and config.objective.hiding == "objectness":
        raise InputError(
            "objective.hiding: objectness is of no class, and mislabel lowers that of a class: use another"
        )


def check_search(config: Config, faces: int) -> None:
    """Raises InputError where the optimiser cannot move such a texture of so many faces, or has no weight."""
    kind, texture = config.optimiser.kind, config.texture
    if config.search.lab_rounds and config.penalties.lab <= 0:
        raise InputError("penalties.lab: expected the first weight of the search, above 0; got 0: use 1")
    if kind not in ASKING:
        return
    if faces > 1:
        raise InputError(
            f"optimiser.kind: {kind} takes an article of one face; got {faces}: use adam or steepest, or one "
            "picture"
        )
    if config.sticker.mask == "auto":
        raise InputError(
            f"sticker.mask: auto follows a gradient, and optimiser.kind = {kind} asks for none: give "
            "rectangles, full or a picture"
        )
    if kind == "random" and (texture.kind != "pixels" or texture.norm != "none"):
        raise InputError(
            f"optimiser.kind: random tries pure colours, which texture.kind = {texture.kind} with "
            f"norm = {texture.norm} does not hold: use pixels and none, or nes"
        )
