"""`eot film`: the article of a finished run while a camera comes nearer, with what the model reads."""

import json
from collections.abc import Generator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import torch
from rich.table import Table

from eot.commands.measure import articles_of, judged
from eot.commands.print import product_of
from eot.commands.tick import Tick
from eot.evidence.evaluation import Evaluation
from eot.film.approach import approach
from eot.film.panels import in_order, panels
from eot.report.words import plural
from eot.runs.build import Built, build, frame_of
from eot.runs.folder import open_run
from eot.runs.product import Product
from eot.streams import Frozen, generator_for
from renders.conditions import Condition, join
from renders.videos import VideoFile
from textures.sheets.frame import LABEL
from textures.write import write_files


@dataclass(frozen=True)
class Request:
    """What the user asked for: the run, drives past the article, how long each takes, frames per second."""

    run: Path
    drives: int = 3
    seconds: float = 4.0
    fps: int = 10


@dataclass(frozen=True)
class Film:
    """A film, and for each article how many of the counted frames reached the goal, and how many in a row."""

    path: Path
    denominator: str
    frames: int
    drives: int
    faces: int
    fps: int
    seed: int
    rows: tuple[tuple[str, int, int, int], ...]
    """Name, counted frames, those that reached the goal, the longest run of these within one drive."""

    def record(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "film": str(self.path),
            "frames": self.frames,
            "drives": self.drives,
            "faces": self.faces,
            "fps": self.fps,
            "seed": self.seed,
            "denominator": self.denominator,
            "articles": [
                {"article": name, "counted": counted, "reached": reached, "longest_s": longest / self.fps}
                for name, counted, reached, longest in self.rows
            ],
        }

    def table(self) -> Table:
        """For people. No intervals: frames that follow each other are no independent views."""
        drives = plural(self.drives, "drive") + (
            f" past each of {self.faces} faces" if self.faces > 1 else ""
        )
        length = f"{plural(self.frames, 'frame')} in {drives}, {self.fps} a second"
        table = Table(title=f"{self.path}: {length}", title_justify="left", box=None, pad_edge=False)
        for name in ("article", f"goal reached, of {self.denominator}", "longest without a break"):
            table.add_column(name)
        for name, counted, reached, longest in self.rows:
            share = f"{reached / counted:.1%} of {counted}" if counted else "–"
            table.add_row(name, share, f"{longest / self.fps:.1f} s")
        return table


def film(request: Request, device: torch.device) -> Generator[Tick, None, Film]:
    """Writes `film/film.mp4` (VP9) and `film/film.json` into the run, and returns what the frames came to.

    Scenes are those held back for the report; the drives are drawn from a stream of their own, and are the
    same past every face of the article.
    """
    folder = open_run(request.run)
    product, config = product_of(folder), folder.config()
    built = build(frame_of(config, device), product.mask)
    views = Frozen(_drives(built, request))
    evaluation = yield from judged("look", built.frame, articles_of(built, product), views)
    faces = len(product.levels)
    rows = tuple(_row(evaluation, name, faces * request.drives) for name in evaluation.articles)
    coded = yield from _coded(built, product, evaluation, request.fps)
    place = folder.path / "film"
    result = Film(
        place / "film.mp4",
        evaluation.denominator.replace("views", "frames"),
        len(evaluation.seen),
        request.drives,
        faces,
        request.fps,
        config.seed,
        rows,
    )
    text = json.dumps(result.record(), indent=1, allow_nan=False)
    write_files(place, {"film.mp4": coded, "film.json": f"{text}\n".encode()})
    return result


def _drives(built: Built, request: Request) -> Condition:
    """The views of all frames, one drive after the other."""
    conditions = built.frame.stream("report", 1).conditions
    frames = max(1, round(request.seconds * request.fps))
    seed = built.frame.config.seed
    return join([approach(conditions, generator_for(seed, "film", i), frames) for i in range(request.drives)])


def _coded(built: Built, product: Product, evaluation: Evaluation, fps: int) -> Generator[Tick, None, bytes]:
    """The film as the bytes of its file, with a tick for each frame."""
    footer = f"simulated, not filmed  {LABEL} {product.identifier}"
    articles, bare = articles_of(built, product), built.frame.bare_problem()
    pictures = panels(built.frame.problem(), articles, evaluation, bare, footer)
    with VideoFile(fps) as file:
        for number, picture in enumerate(pictures, 1):
            file.add(picture)
            yield Tick("film", number, len(evaluation.seen))
    return file.data


def _row(evaluation: Evaluation, name: str, drives: int) -> tuple[str, int, int, int]:
    counted = evaluation.counted()
    reached = (evaluation.reached(name) & counted)[in_order(evaluation)]
    runs = (len(list(run)) for drive in reached.chunk(drives) for won, run in groupby(drive.tolist()) if won)
    return name, int(counted.sum()), int(reached.sum()), max(runs, default=0)
