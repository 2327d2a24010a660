"""The physical parts: articles under fresh poses, light and cameras; changed in a ball, by noise, or not."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import torch
from jaxtyping import Float
from torch import Tensor

from eot.attack import Attack, run
from eot.check.ledger import Ledger
from eot.check.looks import Measure, Seen
from eot.check.plan import Plan
from eot.check.subject import Subject
from eot.objectives import Evade
from eot.optimisers import SteepestDescent
from eot.problem import Problem
from eot.search.restarts import starts
from eot.streams import Stream, generator_for
from eot.victims.sign_views import CAMERA, SignGroup, graded_conditions, sign_groups
from renders.backgrounds import Backgrounds
from renders.conditions import Conditions
from renders.scene import Scene
from renders.surfaces.flat import Flat
from textures.norms import Linf
from textures.parameters import Pixels

VIEWS_PER_STEP = 8
# How often an iterate is judged in the course of an attack.
JUDGED = 4
# A photo printed with a longer side of one metre, seen from near enough that the camera does not limit it.
PRINT_M = 1.0
PRINTED = {
    "distance_m": (2.0, 4.0),
    "yaw_deg": (-25.0, 25.0),
    "pitch_deg": (-15.0, 15.0),
    "roll_deg": (-10.0, 10.0),
    "zoom": (1.0, 1.15),
    "sky": (0.6, 1.0),
    "sun": (0.0, 0.3),
    "sun_azimuth_deg": (-90.0, 90.0),
    "sun_elevation_deg": (10.0, 80.0),
    "exposure_stops": (-0.3, 0.3),
    "warmth": (-0.2, 0.2),
    "defocus_px": (0.0, 1.5),
    "shot_noise": (0.0, 0.03),
    "read_noise": (0.0, 0.01),
    "jpeg_quality": (60.0, 95.0),
}


@dataclass(frozen=True)
class Stage:
    """One article in its world."""

    face: Float[Tensor, "1 3 u v"]
    label: int
    scene: Callable[..., Tensor]
    conditions: Conditions


def articles(subject: Subject) -> int:
    """How many there are: the bundled signs, or the images."""
    return _signs(_groups(0)) if subject.signs else len(subject)


def _signs(groups: Sequence[SignGroup]) -> int:
    return sum(len(group.classes) for group in groups)


@cache
def _groups(seed: int) -> tuple[SignGroup, ...]:
    return sign_groups(_backgrounds(seed))


@cache
def _backgrounds(seed: int) -> Backgrounds:
    return Backgrounds.procedural(generator_for(seed, "check-backgrounds"), 16, 256)


def stage_of(subject: Subject, plan: Plan, row: int) -> Stage:
    """A sign at its true size under the conditions its classifier is graded for; else a printed photo."""
    backgrounds = _backgrounds(plan.seed)
    if subject.signs:
        group, place = _drawn_sign(plan.seed, row)
        face = group.faces[place : place + 1].to(subject.images.device)
        return Stage(face, int(group.classes[place]), group.scene, graded_conditions(backgrounds))
    input_px = subject.victim.info.input_px
    image = subject.images[row : row + 1]
    flat = print_of((image.shape[-2], image.shape[-1]), input_px)
    scene = Scene(flat, CAMERA, backgrounds, input_px)
    places = {"background": (0.0, float(len(backgrounds) - 1))}
    return Stage(image, int(subject.labels[row]), scene, Conditions(PRINTED | places))


def _drawn_sign(seed: int, row: int) -> tuple[SignGroup, int]:
    """The sign of this row, with its place in its group; the catalogue puts signs that are alike together."""
    groups = _groups(seed)
    spots = [(group, place) for group in groups for place in range(len(group.classes))]
    order = torch.randperm(_signs(groups), generator=generator_for(seed, "check-articles"))
    return spots[int(order[row])]


def print_of(image_px: tuple[int, int], input_px: tuple[int, int]) -> Flat:
    """The sheet that shows a picture (height, width) in its own proportions to a model of such an input.

    The camera's crop is a square, which is scaled to the input: where that is no square, the sheet takes the
    scaling back.
    """
    wide = (image_px[1] / image_px[0]) * (input_px[0] / input_px[1])
    return Flat(PRINT_M * min(1.0, wide), PRINT_M * min(1.0, 1 / wide))


def seen_clean(subject: Subject, plan: Plan, ledger: Ledger, rows: list[int]) -> Seen:
    """The clean article."""
    return _seen(subject, plan, rows, lambda stage, row: stage.face)


def seen_noise(eps: float) -> Measure:
    """The article with noise on the surface of the ball."""

    def measure(subject: Subject, plan: Plan, ledger: Ledger, rows: list[int]) -> Seen:
        def noisy(stage: Stage, row: int) -> Tensor:
            return Pixels(stage.face, Linf(), eps).noise(starts(plan.seed, "check-eot-noise", [row])[0])

        return _seen(subject, plan, rows, noisy)

    return measure


def seen_attacked(eps: float) -> Measure:
    """The article changed within the ball so that it is misread under the views (Athalye et al. 2018)."""

    def measure(subject: Subject, plan: Plan, ledger: Ledger, rows: list[int]) -> Seen:
        def attacked(stage: Stage, row: int) -> Tensor:
            texture = Pixels(stage.face, Linf(), eps)
            steps = max(1, plan.steps // 2)
            optimiser = SteepestDescent(texture.parameters(), Linf(), 2.5 * eps / steps)
            problem = Problem(stage.scene, ((subject.victim, 1.0),), Evade(stage.label))
            train, select = (
                Stream(stage.conditions, plan.seed, f"check-{name}-{row}", VIEWS_PER_STEP)
                for name in ("train", "select")
            )
            # Iterates see other views each; which is best is told on views that are the same for all.
            every = max(1, steps // JUDGED)
            *_, last = run(Attack(texture, problem, optimiser, train, select, steps, every))
            return texture().detach() if last.best is None else last.best.image

        return _seen(subject, plan, rows, attacked)

    return measure


def _seen(subject: Subject, plan: Plan, rows: list[int], dress: Callable[[Stage, int], Tensor]) -> Seen:
    """Each article as it is dressed, on its own fresh views: how many of them misread it."""
    fooled = []
    for row in rows:
        stage = stage_of(subject, plan, row)
        problem = Problem(stage.scene, ((subject.victim, 1.0),), Evade(stage.label))
        image = dress(stage, row)
        with torch.no_grad():
            views = Stream(stage.conditions, plan.seed, f"check-report-{row}", plan.views)(0)
            fooled.append(int(problem(image, views).success.sum()))
    return Seen(fooled, [plan.views] * len(rows), [])
