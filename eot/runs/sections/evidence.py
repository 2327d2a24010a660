"""The section about the published numbers."""

from pydantic import Field

from eot.runs.sections.table import Table


class EvaluationTable(Table):
    """The published numbers, on views that neither training nor selection saw."""

    views: int = Field(2000, ge=1, description="views per arm")
    held_out: float = Field(
        0.25,
        ge=0,
        lt=1,
        description="share of backgrounds or photos that only these views show (with 2 or more)",
    )
    level: float = Field(0.95, gt=0.5, lt=1, description="confidence level of the intervals")
    distance_cells: int = Field(5, ge=1, description="cells along the distance")
    yaw_cells: int = Field(3, ge=1, description="cells along the yaw")
    elevation_cells: int = Field(3, ge=1, description="cells along the elevation, of an object")
    azimuth_cells: int = Field(6, ge=1, description="cells along the azimuth, of an object")
