"""The sections about what is wanted and how it is found: objective, penalties, optimiser, search."""

from typing import Literal

from pydantic import Field, model_validator

from eot.runs import kinds
from eot.runs.sections.table import Table, wanted
from renders.errors import InputError

WITHOUT_CLASS = {"recede": "depth has no classes", "degrade": "things of all classes are meant"}


class ObjectiveTable(Table):
    """What counts as success."""

    kind: Literal["targeted", "evade", "hide", "appear", "mislabel", "degrade", "erase", "recede"] = Field(
        "targeted",
        description="be read as the target, or not as the label; of a detector: hide, appear, mislabel, "
        "degrade (mAP); of a segmenter: erase; of a depth estimator: recede",
    )
    target: kinds.ClassName = Field(None, description="the class to be read as, name or index")
    label: kinds.ClassName = Field(None, description="the true class, name or index; a sign knows its own")
    loss: Literal["ce", "margin", "dlr"] = Field("ce", description="cross-entropy, logit margin, or DLR")
    kappa: float | None = Field(None, ge=0, description="the loss stops falling at -kappa; none = never")

    hiding: Literal["none_fires", "largest", "overlap", "objectness"] = Field(
        "none_fires",
        description="loss of hide: probability that none fires; largest score; that times IoU; objectness",
    )
    everywhere: bool = Field(False, description="hide the class in the whole picture, not where the thing is")

    @model_validator(mode="after")
    def _has_its_classes(self) -> "ObjectiveTable":
        if self.kind in ("targeted", "appear", "mislabel") and self.target is None:
            raise wanted("objective.target", f"kind = {self.kind} needs the class to be read as")
        if self.kind in ("hide", "mislabel", "erase") and self.label is None:
            raise wanted("objective.label", f"kind = {self.kind} needs the class that is there")
        for name in ("target", "label"):
            if self.kind in WITHOUT_CLASS and getattr(self, name) is not None:
                raise InputError(
                    f"objective.{name}: expected none, as {WITHOUT_CLASS[self.kind]}; leave it out"
                )
        return self


class PenaltiesTable(Table):
    """Weights of what is added to the loss."""

    total_variation: float = Field(0.0, ge=0, description="roughness")
    non_printability: float = Field(0.0, ge=0, description="distance to printable colours (NPS)")
    gamut: float = Field(0.0, ge=0, description="distance to what the inks of print.profile can reach")
    lab: float = Field(0.0, ge=0, description="CIE Lab distance to the original")


class OptimiserTable(Table):
    """How the texture is moved."""

    kind: Literal["adam", "steepest", "random", "nes"] = Field(
        "adam",
        description="Adam, or steepest descent in texture.norm; without gradients: random search, NES",
    )
    rate: float = Field(0.02, gt=0, description="step size")
    steps: int = Field(500, ge=1, description="number of steps")
    views: int = Field(32, ge=1, description="fresh views per step")
    micro: int | None = Field(None, ge=1, description="views held in memory at a time; none = all of a step")
    schedule: Literal["constant", "cosine"] = Field("cosine", description="how the step size falls")
    cut_out: float = Field(
        0.0, ge=0, lt=1, description="side of a square of the article that each step leaves out, over its own"
    )
    trials: int = Field(
        9, ge=1, description="squares that random tries in a step, or pairs of directions of nes"
    )


class SearchTable(Table):
    """How the best texture is chosen, on views that training never sees."""

    select_every: int = Field(50, ge=1, description="steps between two selections (and checkpoints)")
    lab_rounds: int = Field(
        0, ge=0, le=20, description="attacks to find the largest penalties.lab that holds; 0 = none"
    )
    hold: float = Field(0.9, gt=0, le=1, description="success on the select views that has to hold")
    select_views: int = Field(256, ge=1, description="views per selection, the same ones each time")
