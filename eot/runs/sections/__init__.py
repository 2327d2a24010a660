"""The sections of a configuration and their keys; what each is for is written once, here."""

from eot.runs.sections.article import ArticleTable, PrintTable, StickerTable, TextureTable
from eot.runs.sections.evidence import EvaluationTable
from eot.runs.sections.goal import ObjectiveTable, OptimiserTable, PenaltiesTable, SearchTable
from eot.runs.sections.table import Table, wanted
from eot.runs.sections.victims import VictimsTable
from eot.runs.sections.world import BackgroundsTable, CameraTable, SurfaceTable

__all__ = [
    "ArticleTable",
    "BackgroundsTable",
    "CameraTable",
    "EvaluationTable",
    "ObjectiveTable",
    "OptimiserTable",
    "PenaltiesTable",
    "PrintTable",
    "SearchTable",
    "StickerTable",
    "SurfaceTable",
    "Table",
    "TextureTable",
    "VictimsTable",
    "wanted",
]
