"""Photographs to look at, replayed from their conditions, with what the first victim read in each."""

import io
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from PIL import Image
from torch import Tensor

from eot.evidence.evaluate import Article
from eot.evidence.evaluation import ATTACK, CLEAN, CONTROLS, Evaluation
from eot.problem import Problem
from eot.report.frames import framed
from eot.streams import generator_for
from renders.conditions import Condition


@dataclass(frozen=True)
class Place:
    """From where one view was taken."""

    view: int
    distance_m: float
    yaw_deg: float
    around_deg: tuple[float, float] | None = None
    """Azimuth and elevation of a view from around an object."""


@dataclass(frozen=True)
class Shot:
    """One photograph and what the first victim read in it."""

    place: Place
    jpeg: bytes
    width_px: int
    reading: str
    confidence: float
    reached: bool
    recognised: bool


@dataclass(frozen=True)
class Draw:
    """Photographs of the attacked article drawn blindly from `total` counted views of one kind."""

    total: int
    shots: tuple[Shot, ...]


@dataclass(frozen=True)
class Gallery:
    """What the report shows: a table of articles by views, and random successes and failures.

    `rows` has a row of shots per article, each shot a column of the same view.
    """

    seed: int
    articles: tuple[str, ...]
    rows: tuple[tuple[Shot, ...], ...]
    successes: Draw
    failures: Draw


def gallery(
    problem: Problem,
    articles: Mapping[str, Article],
    evaluation: Evaluation,
    *,
    seed: int,
    shown: int = 8,
    bare: Problem | None = None,
) -> Gallery:
    """The gallery of an evaluation, `shown` views in each part.

    No view is chosen by its looks: those of the table by distance alone, evenly from the nearest to the
    farthest; successes and failures by a draw from `seed` among the counted views.
    """
    columns = {
        view: photographs(problem, articles, evaluation, view, bare) for view in _spread(evaluation, shown)
    }
    names = tuple(name for name in (ATTACK, *CONTROLS) if name in evaluation.articles)
    rows = tuple(
        tuple(_shot(evaluation, name, view, photos[name]) for view, photos in columns.items())
        for name in names
    )
    attack = {ATTACK: articles[ATTACK]}

    def draw(name: str, among: Bool[Tensor, " n"]) -> Draw:
        views = among.nonzero()[:, 0]
        order = torch.randperm(len(views), generator=generator_for(seed, f"gallery {name}"))
        chosen = views[order[:shown]].tolist()
        photos = (photographs(problem, attack, evaluation, view, None)[ATTACK] for view in chosen)
        shots = (_shot(evaluation, ATTACK, view, photo) for view, photo in zip(chosen, photos, strict=True))
        return Draw(len(views), tuple(shots))

    counted, reached = evaluation.counted(), evaluation.reached(ATTACK)
    return Gallery(seed, names, rows, draw("success", counted & reached), draw("failure", counted & ~reached))


def _spread(evaluation: Evaluation, shown: int) -> list[int]:
    order = evaluation.seen.condition.distance_m.argsort(stable=True)
    middles = (torch.arange(shown) + 0.5) / shown * len(order)
    return order[middles.long().unique()].tolist()


@torch.no_grad()
def photographs(
    problem: Problem, articles: Mapping[str, Article], evaluation: Evaluation, view: int, bare: Problem | None
) -> dict[str, Float[Tensor, "3 h w"]]:
    """One view of each article, by name."""
    face = int(evaluation.seen.face[view])
    condition = evaluation.seen.condition[view : view + 1]
    images = torch.stack([article[face] for article in articles.values()])
    photos = dict(zip(articles, problem.photograph(images, condition)[:, 0], strict=True))
    if bare is not None:
        photos[CLEAN] = bare.photograph(articles[ATTACK][face : face + 1], condition)[0, 0]
    return photos


def _place(condition: Condition, view: int) -> Place:
    azimuth, elevation = float(condition.azimuth_deg[view]), float(condition.elevation_deg[view])
    around = (azimuth, elevation) if azimuth or elevation else None
    return Place(view, float(condition.distance_m[view]), float(condition.yaw_deg[view]), around)


def _shot(evaluation: Evaluation, name: str, view: int, photo: Float[Tensor, "3 h w"]) -> Shot:
    row, condition = evaluation.articles.index(name), evaluation.seen.condition
    return Shot(
        place=_place(condition, view),
        jpeg=encoded(framed(photo, evaluation, row, view), "JPEG"),
        width_px=photo.shape[-1],
        reading=evaluation.victims[0].label(int(evaluation.seen.predicted[0, row, view])),
        confidence=float(evaluation.seen.confidence[0, row, view]),
        reached=bool(evaluation.reached(name, 0)[view]),
        recognised=bool(evaluation.recognised(name, 0)[view]),
    )


def encoded(image: Float[Tensor, "c h w"], kind: str) -> bytes:
    """An sRGB or sRGBA image in [0, 1] as the bytes of a picture file, `kind` as Pillow names it."""
    levels = (image.detach().clamp(0, 1) * 255).round().byte().permute(1, 2, 0).cpu().contiguous().numpy()
    stream = io.BytesIO()
    Image.fromarray(levels).save(stream, kind, quality=90)
    return stream.getvalue()
