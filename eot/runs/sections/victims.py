"""The section that names the models under test."""

from pydantic import Field, model_validator

from eot.runs import kinds
from eot.runs.sections.table import Table
from renders.errors import InputError


class VictimsTable(Table):
    """The models under test."""

    models: kinds.Models = Field(("bundled",), description="the models; their losses are averaged")
    weights: kinds.Weights = Field((), description="weight of each model in that average; empty = equal")
    each_step: int | None = Field(
        None, ge=1, description="how many of the models, drawn by weight, a step of training asks; none = all"
    )
    defence: str = Field(
        "none", description="what stands before every model: jpeg, bits, blur, median or lgs, as in jpeg:50"
    )

    @model_validator(mode="after")
    def _one_weight_each(self) -> "VictimsTable":
        if self.weights and len(self.weights) != len(self.models):
            raise InputError(
                f"victims.weights: expected one for each of the {len(self.models)} models; "
                f"got {len(self.weights)}: leave it empty for equal weights"
            )
        if self.each_step is not None and self.each_step > len(self.models):
            raise InputError(
                f"victims.each_step: expected at most the {len(self.models)} models; got {self.each_step}"
            )
        return self


def judging(table: VictimsTable, models: tuple[str, ...]) -> VictimsTable:
    """Other models in the place of those that were trained on, behind the same defence."""
    return table.model_copy(update={"models": models, "weights": (), "each_step": None})
