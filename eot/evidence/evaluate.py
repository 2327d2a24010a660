"""Photographing every article under the same conditions and writing down what each victim says."""

from collections.abc import Callable, Iterable, Iterator, Mapping

import torch
from jaxtyping import Float, Int
from torch import Tensor

from eot.aims import Aim
from eot.evidence.evaluation import ATTACK, CLEAN, Evaluation, Goal, Judge, Seen
from eot.evidence.found import found_in, join_found
from eot.evidence.statistics import LEVEL
from eot.problem import Problem
from eot.victims.any_victim import AnyVictim, Prediction
from eot.victims.detector import Detector
from renders.conditions import Condition, join
from renders.errors import InputError, RunError

Article = Float[Tensor, "_ 3 _ _"]


def evaluate(
    problem: Problem,
    articles: Mapping[str, Article],
    stream: Callable[[int], Condition],
    views: int,
    *,
    batch: int = 16,
    bare: Problem | None = None,
    level: float = LEVEL,
) -> Evaluation:
    """The evidence for `articles` on `views` fresh views of a stream: `evaluate_steps`, collected."""
    steps = evaluate_steps(problem, articles, stream, views, batch=batch, bare=bare)
    return collect(problem, steps, level=level)


def evaluate_steps(
    problem: Problem,
    articles: Mapping[str, Article],
    stream: Callable[[int], Condition],
    views: int,
    *,
    batch: int = 16,
    bare: Problem | None = None,
) -> Iterator[Seen]:
    """The record of one batch of views after the other, for callers that show progress.

    All articles are photographed together, so each view has the same pose, light and sensor noise for all of
    them. An article of f faces (f photographs of one sign, say) gives f views per condition.

    Args:
        articles: at least "attack" and "clean"; "noise" and "blank" are the other controls.
        stream: the report stream, which neither training nor selection has seen.
        views: how many conditions are drawn.
        batch: conditions held in memory at once; articles x faces x batch photographs.
        bare: the same problem with nothing put into the scene: what is clean where there is no clean article
            (a patch beside the object). Then "clean" is not given.

    Raises:
        InputError: an article is missing, or they differ in shape.
        RunError: a victim answers something that is not finite.
    """
    _check(articles, bare)
    for condition in _batches(stream, views, batch):
        with torch.no_grad():
            answers = _predict(problem, articles, condition)
            if bare is not None:
                clean = _predict(bare, {CLEAN: articles[ATTACK]}, condition)
                answers = [(*a, *c) for a, c in zip(answers, clean, strict=True)]
        names = (*articles, CLEAN) if bare is not None else tuple(articles)
        yield _record(problem.objective, names, condition, answers)


def collect(problem: Problem, parts: Iterable[Seen], *, level: float = LEVEL) -> Evaluation:
    """The Evaluation that the records of all batches make."""
    whole = list(parts)
    seen = Seen(
        articles=whole[0].articles,
        condition=join([p.condition for p in whole]),
        face=torch.cat([p.face for p in whole]),
        label=torch.cat([p.label for p in whole]),
        predicted=torch.cat([p.predicted for p in whole], -1),
        confidence=torch.cat([p.confidence for p in whole], -1),
        success=torch.cat([p.success for p in whole], -1),
        found=join_found([p.found for p in whole]),
    )
    judges = tuple(Judge(v.info.name, v.fingerprint(), _labels(v)) for v, _ in problem.victims)
    return Evaluation(judges, _goal(problem.objective), seen, level)


def _labels(victim: AnyVictim) -> tuple[str, ...]:
    """The victim's classes; a detector may also find nothing."""
    return (*victim.info.labels, "nothing") if isinstance(victim, Detector) else tuple(victim.info.labels)


def _predict(
    problem: Problem, articles: Mapping[str, Article], condition: Condition
) -> list[tuple[Prediction, ...]]:
    """Of each victim, its answer `[f k ...]` to each article."""
    whole = problem.predict(torch.cat(list(articles.values())), condition)
    each = [answer.unflatten(0, (len(articles), -1)) for answer in whole]
    return [tuple(answer[i] for i in range(len(articles))) for answer in each]


def _check(articles: Mapping[str, Article], bare: Problem | None) -> None:
    for needed in (ATTACK,) if bare is not None else (ATTACK, CLEAN):
        if needed not in articles:
            raise InputError(f"evaluate needs an article named {needed!r}; got {sorted(articles)}: add it")
    if bare is not None and CLEAN in articles:
        raise InputError("evaluate takes a clean article or a bare scene; got both: leave one out")
    shapes = {name: tuple(image.shape) for name, image in articles.items()}
    if len(set(shapes.values())) > 1:
        raise InputError(
            f"all articles must have one shape [f 3 u v]; got {shapes}: resize them to the attack's"
        )


def _batches(stream: Callable[[int], Condition], views: int, batch: int) -> Iterator[Condition]:
    """Slices of at most `batch` views until `views` are drawn; a large Sobol draw is used as one."""
    index, left = 0, views
    while left > 0:
        condition = stream(index)
        usable = min(len(condition), left)
        for first in range(0, usable, batch):
            yield condition[first : min(first + batch, usable)]
        index, left = index + 1, left - usable


def _record(
    aim: Aim, articles: tuple[str, ...], condition: Condition, answers: list[tuple[Prediction, ...]]
) -> Seen:
    """What the victims made of every article: `answers` has one per victim and article."""
    if not all(bool(part.isfinite().all()) for each in answers for a in each for part in _parts(a)):
        raise RunError(
            "a victim must answer finite numbers; it answers NaN or infinity on these views: repair it"
        )
    readings = [[aim.read(answer) for answer in each] for each in answers]
    faces, k = readings[0][0].label.shape
    return Seen(
        articles=articles,
        condition=condition[torch.arange(k).repeat(faces)],
        face=torch.arange(faces).repeat_interleave(k),
        label=_label_per_view(aim, faces, k),
        predicted=_table([[r.label for r in each] for each in readings]),
        confidence=_table([[r.confidence for r in each] for each in readings]),
        success=_table([[aim.judge(answer) for answer in each] for each in answers]),
        found=found_in(answers),
    )


def _parts(answer: Prediction) -> tuple[Tensor, ...]:
    return (answer,) if isinstance(answer, Tensor) else answer.values


def _table(rows: list[list[Tensor]]) -> Tensor:
    """`[m a n]` of what each victim has `[f k]` for each article."""
    return torch.stack([torch.stack([each.flatten() for each in row]) for row in rows]).cpu()


def _label_per_view(objective: Aim, faces: int, k: int) -> Int[Tensor, " n"]:
    label = torch.as_tensor(-1 if objective.label is None else objective.label).cpu()
    return label.expand(faces).repeat_interleave(k)


def _goal(aim: Aim) -> Goal:
    return Goal(aim.text, _single(aim.target), _single(aim.label))


def _single(classes: int | Tensor | None) -> int | None:
    """The one class that all textures share, or None."""
    if classes is None:
        return None
    distinct = torch.as_tensor(classes).unique()
    return int(distinct) if len(distinct) == 1 else None
