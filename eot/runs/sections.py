"""The sections of a configuration and their keys; what each is for is written once, here."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from eot.runs import kinds
from renders.errors import InputError

FOCAL_KEYS = ("focal_mm", "focal_35mm", "focal_px", "exif")
# The main camera of most phones.
PHONE_35MM = 26.0


class Table(BaseModel):
    """A section: strict, closed and frozen."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


def wanted(key: str, reason: str) -> InputError:
    """The error for a key that must have a value here."""
    return InputError(f"{key}: expected a value, found none: {reason}")


class VictimsTable(Table):
    """The models under test."""

    models: kinds.Models = Field(("bundled",), description="the models; their losses are averaged")
    weights: kinds.Weights = Field((), description="weight of each model in that average; empty = equal")

    @model_validator(mode="after")
    def _one_weight_each(self) -> "VictimsTable":
        if self.weights and len(self.weights) != len(self.models):
            raise InputError(
                f"victims.weights: expected one for each of the {len(self.models)} models; "
                f"got {len(self.weights)}: leave it empty for equal weights"
            )
        return self


class ArticleTable(Table):
    """The thing that carries the sticker."""

    kind: Literal["sign", "image", "patch"] = Field(
        "sign", description="a sign of the catalogue, a picture of your own, or a bare patch"
    )
    sign: str | None = Field(None, description="id of the sign, see `eot signs`")
    image: kinds.File = Field(None, description="picture of the face, for kind = image")
    faces: kinds.File = Field(None, description="folder of photos: every view draws one of them as the face")
    width_mm: float | None = Field(None, gt=0, description="width; a catalogue sign knows its own")
    height_mm: float | None = Field(None, gt=0, description="height; follows from the width where it can")
    texels: int = Field(256, ge=8, le=4096, description="texels along the longer side of the face")

    @model_validator(mode="after")
    def _has_a_face(self) -> "ArticleTable":
        if self.kind == "sign" and self.sign is None:
            raise wanted("article.sign", "name a sign of `eot signs`")
        if self.kind == "image" and self.image is None and self.faces is None:
            raise wanted("article.image", "name a picture, or a folder of them in article.faces")
        return self


class StickerTable(Table):
    """Where on the face ink may go."""

    mask: kinds.Mask = Field(
        "rectangles", description="rectangles, full, auto (found by an L1 stage), or a .png/.svg"
    )
    area: float = Field(0.2, ge=0, le=1, description="largest share of the face that may be covered")
    boxes: kinds.Boxes = Field(
        (), description="rectangles as [x, y, width, height], fractions from the top left"
    )

    @model_validator(mode="after")
    def _boxes_on_the_face(self) -> "StickerTable":
        for box in self.boxes:
            x, y, width, height = box
            if min(x, y) < 0 or min(width, height) <= 0 or max(x + width, y + height) > 1 + 1e-9:
                raise InputError(
                    f"sticker.boxes: expected [x, y, width, height] inside 0 to 1; got {list(box)}: "
                    "give fractions of the face"
                )
        return self


class TextureTable(Table):
    """How the picture on the sticker is parametrised, and the bounds it keeps."""

    kind: Literal["pixels", "tanh", "fourier", "palette"] = Field("pixels", description="the parameters")
    start: Literal["grey", "noise", "face"] = Field("grey", description="where the optimiser starts")
    min_feature_mm: float = Field(0.0, ge=0, description="finer detail than this is not used; 0 = texel size")
    palette: kinds.Colours = Field((), description="the colours of kind = palette, as '#rrggbb'")
    norm: Literal["none", "linf", "l2", "l1"] = Field("none", description="ball around the start to stay in")
    eps: float = Field(0.0, ge=0, description="radius of that ball, sRGB in [0, 1]")

    @model_validator(mode="after")
    def _whole(self) -> "TextureTable":
        if self.norm != "none" and self.eps == 0:
            raise wanted("texture.eps", f"norm = {self.norm} needs the radius of its ball")
        if self.kind == "palette" and not self.palette:
            raise wanted("texture.palette", "kind = palette needs its colours, as '#rrggbb'")
        return self


class SurfaceTable(Table):
    """What the article is seen on."""

    kind: Literal["flat", "screen", "photograph"] = Field(
        "flat", description="an article in space, the victim's own input, or a place in real photos"
    )
    photos: kinds.File = Field(None, description="a photo or a folder of photos, for kind = photograph")
    corners: kinds.CornersOrFile = Field(
        None, description="four [x, y] in px from the top left, clockwise, or a .json: file name to corners"
    )
    occlusion: kinds.File = Field(None, description="a mask picture: white = in front of the article")

    @model_validator(mode="after")
    def _has_a_place(self) -> "SurfaceTable":
        if self.kind == "photograph" and self.photos is None:
            raise wanted("surface.photos", "kind = photograph needs a photo")
        if self.kind == "photograph" and self.corners is None:
            raise wanted("surface.corners", "kind = photograph needs the article's place in the photo")
        return self


class CameraTable(Table):
    """The lens and what is cut from its frame. One focal length; none is a phone's, 26 mm equivalent."""

    focal_mm: float | None = Field(None, gt=0, description="real focal length; needs sensor_width_mm")
    sensor_width_mm: float | None = Field(None, gt=0, description="width of the sensor")
    focal_35mm: float | None = Field(None, gt=0, description="35 mm equivalent focal length")
    focal_px: float | None = Field(None, gt=0, description="focal length in pixels of the frame")
    exif: kinds.File = Field(None, description="a photo whose EXIF tells the focal length and frame size")
    width_px: int = Field(4032, ge=1, le=20000, description="width of the frame")
    height_px: int = Field(3024, ge=1, le=20000, description="height of the frame")
    framing: Literal["crop", "frame"] = Field(
        "crop", description="cut around the article, or the whole frame"
    )
    output_px: int = Field(64, ge=8, le=2048, description="side of the picture that the victim gets")

    @model_validator(mode="before")
    @classmethod
    def _one_focal_length(cls, table: Any) -> Any:
        if not isinstance(table, dict):
            return table
        given = [key for key in FOCAL_KEYS if table.get(key) is not None]
        if len(given) > 1:
            raise InputError(f"camera: expected one focal length; got {' and '.join(given)}: keep one")
        if not given:
            table = {**table, "focal_35mm": PHONE_35MM}
        return table

    @model_validator(mode="after")
    def _sensor_beside_focal_mm(self) -> "CameraTable":
        if self.focal_mm is not None and self.sensor_width_mm is None:
            raise wanted("camera.sensor_width_mm", "focal_mm says nothing without it")
        if self.focal_mm is None and self.sensor_width_mm is not None:
            raise wanted("camera.focal_mm", "sensor_width_mm says nothing without it")
        return self


class BackgroundsTable(Table):
    """What is behind the article."""

    kind: Literal["procedural", "folder"] = Field("procedural", description="drawn scenes, or your photos")
    folder: kinds.File = Field(None, description="folder of photos, for kind = folder")
    count: int = Field(64, ge=1, le=10000, description="how many scenes are drawn, or the most photos used")

    @model_validator(mode="after")
    def _has_its_folder(self) -> "BackgroundsTable":
        if self.kind == "folder" and self.folder is None:
            raise wanted("backgrounds.folder", "kind = folder needs a folder of photos")
        return self


class PrintTable(Table):
    """What the printer makes of the picture."""

    profile: str = Field("none", description="print profile; none = printed exactly")


class ObjectiveTable(Table):
    """What counts as success."""

    kind: Literal["targeted", "evade"] = Field(
        "targeted", description="be read as the target, or not as the label"
    )
    target: kinds.ClassName = Field(None, description="the class to be read as, name or index")
    label: kinds.ClassName = Field(None, description="the true class, name or index; a sign knows its own")
    loss: Literal["ce", "margin", "dlr"] = Field("ce", description="cross-entropy, logit margin, or DLR")
    kappa: float | None = Field(None, ge=0, description="the loss stops falling at -kappa; none = never")

    @model_validator(mode="after")
    def _has_its_target(self) -> "ObjectiveTable":
        if self.kind == "targeted" and self.target is None:
            raise wanted("objective.target", "kind = targeted needs the class to be read as")
        return self


class PenaltiesTable(Table):
    """Weights of what is added to the loss."""

    total_variation: float = Field(0.0, ge=0, description="roughness")
    non_printability: float = Field(0.0, ge=0, description="distance to printable colours")
    lab: float = Field(0.0, ge=0, description="CIE Lab distance to the original")


class OptimiserTable(Table):
    """How the texture is moved."""

    kind: Literal["adam", "steepest"] = Field("adam", description="Adam, or steepest descent in texture.norm")
    rate: float = Field(0.02, gt=0, description="step size")
    steps: int = Field(500, ge=1, description="number of steps")
    views: int = Field(32, ge=1, description="fresh views per step")
    micro: int | None = Field(None, ge=1, description="views held in memory at a time; none = all of a step")
    schedule: Literal["constant", "cosine"] = Field("cosine", description="how the step size falls")


class SearchTable(Table):
    """How the best texture is chosen, on views that training never sees."""

    select_every: int = Field(50, ge=1, description="steps between two selections (and checkpoints)")
    select_views: int = Field(256, ge=1, description="views per selection, the same ones each time")


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
