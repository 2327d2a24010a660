"""Photographing every article under the same conditions and writing down what each victim says."""

from collections.abc import Callable, Iterable, Iterator, Mapping

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from eot.evidence.evaluation import ATTACK, CLEAN, Evaluation, Goal, Judge, Seen
from eot.evidence.statistics import LEVEL
from eot.objectives import Objective, Targeted
from eot.problem import Problem
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
            logits = _predict(problem, articles, condition)
            if bare is not None:
                clean = _predict(bare, {CLEAN: articles[ATTACK]}, condition)
                logits = [torch.cat(both) for both in zip(logits, clean, strict=True)]
        names = (*articles, CLEAN) if bare is not None else tuple(articles)
        yield _record(problem.objective, names, condition, logits)


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
    )
    judges = tuple(Judge(v.info.name, v.fingerprint(), tuple(v.info.labels)) for v, _ in problem.victims)
    return Evaluation(judges, _goal(problem.objective), seen, level)


def _predict(
    problem: Problem, articles: Mapping[str, Article], condition: Condition
) -> list[Float[Tensor, "a f k c"]]:
    logits = problem.predict(torch.cat(list(articles.values())), condition)
    return [each.unflatten(0, (len(articles), -1)) for each in logits]


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
    objective: Objective,
    articles: tuple[str, ...],
    condition: Condition,
    logits: list[Float[Tensor, "a f k c"]],
) -> Seen:
    _, faces, k, _ = logits[0].shape
    if not all(bool(each.isfinite().all()) for each in logits):
        raise RunError(
            "a victim must answer finite logits; it answers NaN or infinity on these views: repair it"
        )
    answers = [each.softmax(-1).max(-1) for each in logits]
    return Seen(
        articles=articles,
        condition=condition[torch.arange(k).repeat(faces)],
        face=torch.arange(faces).repeat_interleave(k),
        label=_label_per_view(objective, faces, k),
        predicted=torch.stack([a.indices.flatten(1) for a in answers]).cpu(),
        confidence=torch.stack([a.values.flatten(1) for a in answers]).cpu(),
        success=torch.stack([_judge(objective, each) for each in logits]).cpu(),
    )


def _judge(objective: Objective, logits: Float[Tensor, "a f k c"]) -> Bool[Tensor, "a n"]:
    """Success per article and view; article by article, since an objective may name a class per face."""
    return torch.stack([objective.judge(article).flatten() for article in logits])


def _label_per_view(objective: Objective, faces: int, k: int) -> Int[Tensor, " n"]:
    label = torch.as_tensor(-1 if objective.label is None else objective.label).cpu()
    return label.expand(faces).repeat_interleave(k)


def _goal(objective: Objective) -> Goal:
    target = _single(objective.target) if isinstance(objective, Targeted) else None
    text = "to be read as the target" if isinstance(objective, Targeted) else "not to be read as what it is"
    return Goal(text, target, _single(objective.label))


def _single(classes: int | Tensor | None) -> int | None:
    """The one class that all textures share, or None."""
    if classes is None:
        return None
    distinct = torch.as_tensor(classes).unique()
    return int(distinct) if len(distinct) == 1 else None
