"""Photographs to look at: the same few views of every article, with what the victim read."""

import io
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from eot.evidence.evaluate import Article
from eot.evidence.evaluation import ATTACK, CLEAN, CONTROLS, Evaluation
from eot.problem import Problem


@dataclass(frozen=True)
class Place:
    """From where one view was taken."""

    view: int
    distance_m: float
    yaw_deg: float


@dataclass(frozen=True)
class Shot:
    """One photograph and what the first victim read in it."""

    jpeg: bytes
    width_px: int
    reading: str
    confidence: float
    reached: bool
    recognised: bool


@dataclass(frozen=True)
class Gallery:
    """A row of shots per article, a column per view."""

    articles: tuple[str, ...]
    places: tuple[Place, ...]
    rows: tuple[tuple[Shot, ...], ...]


def gallery(
    problem: Problem,
    articles: Mapping[str, Article],
    evaluation: Evaluation,
    *,
    shown: int = 8,
    bare: Problem | None = None,
) -> Gallery:
    """The gallery of an evaluation: `shown` views, replayed from their conditions.

    Views are chosen by distance alone, evenly from the nearest to the farthest, never by their result.
    """
    views = _spread(evaluation, shown)
    columns = [_photographs(problem, articles, evaluation, view, bare) for view in views]
    names = tuple(name for name in (ATTACK, *CONTROLS) if name in evaluation.articles)
    rows = tuple(
        tuple(
            _shot(evaluation, name, view, photos[name]) for view, photos in zip(views, columns, strict=True)
        )
        for name in names
    )
    return Gallery(names, tuple(_place(evaluation, view) for view in views), rows)


def _spread(evaluation: Evaluation, shown: int) -> list[int]:
    order = evaluation.seen.condition.distance_m.argsort(stable=True)
    middles = (torch.arange(shown) + 0.5) / shown * len(order)
    return order[middles.long().unique()].tolist()


@torch.no_grad()
def _photographs(
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


def _place(evaluation: Evaluation, view: int) -> Place:
    condition = evaluation.seen.condition
    return Place(view, float(condition.distance_m[view]), float(condition.yaw_deg[view]))


def _shot(evaluation: Evaluation, name: str, view: int, photo: Float[Tensor, "3 h w"]) -> Shot:
    row = evaluation.articles.index(name)
    return Shot(
        jpeg=encoded(photo, "JPEG"),
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
