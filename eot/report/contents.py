"""Everything a report shows, as one value: what both its forms, JSON and HTML, are made from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jaxtyping import Float
from torch import Tensor

from eot.evidence.cells import Cells
from eot.evidence.evaluation import Evaluation
from eot.evidence.findings import Finding
from eot.report.gallery import Gallery
from eot.report.model import Model


@dataclass(frozen=True)
class ArticlePicture:
    """The printed thing as the report shows it.

    Args:
        name: what it is, for people.
        identifier: the TEST ARTICLE id that is printed beside it.
        image: the article with its sticker, sRGB in [0, 1], with or without a fourth channel that is 0 where
            the article is not.
        coverage: share of the face that the sticker covers; None where it is the whole article.
        files: what there is to print, relative to the report.
    """

    name: str
    identifier: str
    image: Float[Tensor, "c u v"]
    width_mm: float
    height_mm: float
    coverage: float | None = None
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class Origin:
    """Where the numbers come from: the command and seed that give them again, and further lines to show.

    `lines` (versions, device, hashes, dates) are for people: they are in the HTML and not in the JSON, whose
    bytes depend on inputs only.
    """

    command: str
    seed: int
    lines: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Contents:
    """One report.

    Args:
        title: the name of the run.
        metrics: records with "step", "stream" ("train" or "select"), "loss" and "success".
        article: None where no picture of it is at hand.
        gallery: None where no views are shown.
        model: the object to turn about in the page; None for what is flat.
        configuration: the complete configuration of the run as TOML; empty where there is none.
    """

    title: str
    evaluation: Evaluation
    cells: Cells
    origin: Origin
    findings: tuple[Finding, ...] = ()
    metrics: Sequence[Mapping[str, Any]] = ()
    article: ArticlePicture | None = None
    gallery: Gallery | None = None
    model: Model | None = None
    configuration: str = ""
