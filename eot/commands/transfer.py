"""`eot transfer`: what was made against each model, shown to all of them on the same fresh views."""

import re
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from rich.table import Table

from eot.commands.measure import judged
from eot.commands.print import product_of
from eot.commands.tick import Tick
from eot.evidence.evaluation import ATTACK, BLANK, NOISE, Evaluation
from eot.evidence.statistics import Rate
from eot.runs.build import build, frame_of
from eot.runs.config import Config
from eot.runs.folder import open_run
from eot.runs.product import Product
from eot.runs.sections.victims import judging
from renders.errors import InputError

# What two runs must share for one set of views to be fair to both.
SHARED = (
    "seed",
    "article",
    "sticker",
    "surface",
    "camera",
    "backgrounds",
    "print",
    "conditions",
    "objective",
)


@dataclass(frozen=True)
class Request:
    """What the user asked for: finished runs, and models beside those that the runs were made on."""

    runs: tuple[Path, ...]
    victims: tuple[str, ...] = ()
    views: int = 500


@dataclass(frozen=True)
class Row:
    """One article: its success on each model, and the models it was made on."""

    article: str
    made_on: tuple[str, ...]
    rates: tuple[Rate, ...]


@dataclass(frozen=True)
class Matrix:
    """Articles by models, on the same views."""

    models: tuple[str, ...]
    rows: tuple[Row, ...]
    denominator: str
    views: int

    def record(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "models": list(self.models),
            "views": self.views,
            "denominator": self.denominator,
            "articles": [
                {
                    "article": row.article,
                    "made_on": list(row.made_on),
                    "success": [
                        {"model": model, "rate": r.rate, "low": r.low, "high": r.high, "n": r.n}
                        for model, r in zip(self.models, row.rates, strict=True)
                    ],
                }
                for row in self.rows
            ],
        }

    def table(self) -> Table:
        """For people; * marks a model that the article was made on."""
        title = f"Success in % of {self.denominator}, {self.views} views; * the article was made on it"
        table = Table(title=title, title_justify="left", box=None, pad_edge=False)
        for name in ("article", *short_names(self.models)):
            table.add_column(name)
        for row in self.rows:
            cells = zip(self.models, row.rates, strict=True)
            table.add_row(row.article, *(_cell(rate, model in row.made_on) for model, rate in cells))
        return table


def transfer(request: Request, device: torch.device) -> Generator[Tick, None, Matrix]:
    """The matrix, with noise and blank of the same size as controls, on the report stream of the runs.

    Raises:
        InputError: runs that differ in more than their victims and how they were made.
    """
    folders = [open_run(path) for path in request.runs]
    configs, products = [f.config() for f in folders], [product_of(f) for f in folders]
    names = tuple(folder.path.name for folder in folders)
    _check(request.runs, configs, products)
    made_on = [config.victims.models for config in configs]
    models = tuple(dict.fromkeys([*(m for each in made_on for m in each), *request.victims]))
    config = configs[0].model_copy(update={"victims": judging(configs[0].victims, models)})
    built = build(frame_of(config, device), products[0].mask)
    # A run may be called as a control is: names are for the table only.
    keys = (ATTACK, *(f"run {number}" for number in range(1, len(names))))
    articles = {key: product.image.to(device) for key, product in zip(keys, products, strict=True)}
    stream = built.frame.stream("report", request.views)
    evaluation = yield from judged("transfer", built.frame, articles | built.controls(), stream)
    rows = [
        Row(name, tuple(on), _rates(evaluation, key, models))
        for name, on, key in zip(names, made_on, keys, strict=True)
    ]
    rows += [Row(name, (), _rates(evaluation, name, models)) for name in (NOISE, BLANK)]
    return Matrix(models, tuple(rows), evaluation.denominator, request.views)


def _rates(evaluation: Evaluation, article: str, models: Iterable[str]) -> tuple[Rate, ...]:
    """Each model's rate; over scenes where views repeat them, as such views resemble each other."""
    scenes = [evaluation.by_scene(article, index) for index, _ in enumerate(models)]
    return tuple(
        evaluation.rates(article, index).target if over is None else over[0]
        for index, over in enumerate(scenes)
    )


def _check(paths: tuple[Path, ...], configs: list[Config], products: list[Product]) -> None:
    for path, config, product in zip(paths[1:], configs[1:], products[1:], strict=True):
        for key in (*SHARED, "evaluation"):
            if getattr(config, key) != getattr(configs[0], key):
                raise InputError(
                    f"{path}: expected the same {key} as in {paths[0]}; they differ: the same views would "
                    "not be fair to both, so compare runs that differ in their victims only"
                )
        if config.victims.defence != configs[0].victims.defence:
            raise InputError(
                f"{path}: expected the defence of {paths[0]}, {configs[0].victims.defence}; got "
                f"{config.victims.defence}: compare runs made behind the same one"
            )
        if product.image.shape != products[0].image.shape:
            raise InputError(f"{path}: expected an article of the same size as in {paths[0]}: make it again")
    names = [path.resolve().name for path in paths]
    if len(set(names)) < len(names):
        raise InputError(f"runs must have names of their own; got {', '.join(names)}: rename a directory")


def short_names(models: tuple[str, ...]) -> list[str]:
    """The shortest ends of the models' names that tell them apart."""
    parts = [re.split("(?<=[:/])", model) for model in models]
    lengths = [1] * len(models)
    while True:
        ends = ["".join(words[-length:]) for words, length in zip(parts, lengths, strict=True)]
        alike = [ends.count(end) > 1 for end in ends]
        longer = [
            min(length + same, len(words)) for length, same, words in zip(lengths, alike, parts, strict=True)
        ]
        if longer == lengths:
            return ends
        lengths = longer


def _cell(rate: Rate, own: bool) -> str:
    if rate.rate is None:
        return "–"
    return f"{100 * rate.rate:.1f}{'*' if own else ''} ({100 * rate.low:.1f} to {100 * rate.high:.1f})"
