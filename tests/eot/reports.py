"""What the tests of the report share: a small report, and its page as a browser builds it."""

import dataclasses
import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import torch

from eot.evidence.evaluate import evaluate
from eot.evidence.evaluation import Evaluation
from eot.evidence.findings import fail, ok, warn
from eot.objectives import Targeted
from eot.problem import Problem
from eot.report.contents import ArticlePicture, Origin
from eot.report.gallery import Gallery, gallery
from eot.report.report import write_report
from eot.streams import Stream
from renders.conditions import Conditions
from tests.eot.test_evaluate import GREEN, RED, VIEWS, articles, colour_victim, problem

VOID = {"meta", "img", "br", "wbr", "hr", "link", "input"}
METRICS = [
    {"step": step, "stream": stream, "loss": 3 / (step + 1), "success": step / 40}
    for step in range(40)
    for stream in (("train", "select") if step % 5 == 4 else ("train",))
]


class Page(HTMLParser):
    """What a browser would build: elements with attributes, texts; fails on a tag out of place."""

    def __init__(self, html: bytes) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(html.decode())
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.texts.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"[ \n]+", " ", " ".join(self.texts))


def named(name: str) -> Problem:
    """The problem of the evaluation tests with a victim and classes of this name."""
    victim = colour_victim()
    victim.info = dataclasses.replace(victim.info, name=name, labels=tuple(f"{name} {c}" for c in range(4)))
    return problem(Targeted(GREEN, RED), victim)


@cache
def photographed(name: str = "net", views: int = 200, near: bool = False) -> tuple[Evaluation, Gallery]:
    stream = Stream(Conditions({"distance_m": (3, 7)}), 1, "report", 64) if near else VIEWS
    here = named(name)
    evaluation = evaluate(here, articles(), stream, views)
    return evaluation, gallery(here, articles(), evaluation, seed=5)


def report(name: str = "net", **changes: Any) -> dict[str, bytes]:
    evaluation, shown = photographed(name)
    article = ArticlePicture(name, name, torch.rand(4, 8, 8, generator=_seeded()), 750, 600, 0.2, (name,))
    contents: dict[str, Any] = {
        "metrics": METRICS,
        "article": article,
        "findings": (ok("fine", name), warn("doubt", name), fail("wrong", name)),
        "gallery": shown,
        "configuration": f"name = '{name}'",
    }
    origin = Origin(f"eot attack {name}", 5, (("victim", name),))
    return write_report(Path("runs") / "one", evaluation, provenance=origin, **(contents | changes))


def _seeded() -> torch.Generator:
    return torch.Generator().manual_seed(0)
