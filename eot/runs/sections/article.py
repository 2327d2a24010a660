"""The sections about what is made: article, sticker, texture, print."""

from typing import Literal

from pydantic import Field, model_validator

from eot.runs import kinds
from eot.runs.sections.table import Table, wanted
from renders.errors import InputError


class ArticleTable(Table):
    """The thing that carries the sticker."""

    kind: Literal["sign", "image", "patch", "mesh", "object"] = Field(
        "sign",
        description="a sign of the catalogue, a picture of your own, a bare patch, a mesh of your own, "
        "or an object of the catalogue",
    )
    sign: str | None = Field(None, description="id of the sign, see `eot signs`")
    image: kinds.File = Field(None, description="picture of the face, for kind = image")
    faces: kinds.File = Field(None, description="folder of photos: every view draws one of them as the face")
    width_mm: float | None = Field(None, gt=0, description="width; a catalogue sign knows its own")
    height_mm: float | None = Field(None, gt=0, description="height; follows from the width where it can")
    texels: int = Field(256, ge=8, le=4096, description="texels along the longer side of the face or texture")
    mesh: kinds.File = Field(None, description="OBJ, GLB, glTF or PLY with UVs, for kind = mesh")
    object: str | None = Field(None, description="name of the object, see `eot objects`")
    size_mm: float | None = Field(None, gt=0, description="longest side of the mesh; none = see unit")
    unit: kinds.Unit = Field(None, description="what the numbers of the mesh file mean; none = m")
    up: Literal["x", "y", "z", "-x", "-y", "-z"] = Field(
        "y", description="axis of the mesh file that points up"
    )

    @model_validator(mode="after")
    def _has_a_face(self) -> "ArticleTable":
        if self.kind == "sign" and self.sign is None:
            raise wanted("article.sign", "name a sign of `eot signs`")
        if self.kind == "image" and self.image is None and self.faces is None:
            raise wanted("article.image", "name a picture, or a folder of them in article.faces")
        if self.kind == "mesh" and self.mesh is None:
            raise wanted("article.mesh", "name a mesh file with UVs")
        if self.kind == "object" and self.object is None:
            raise wanted("article.object", "name an object of `eot objects`")
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
    parts: kinds.Numbers = Field(
        (), description="materials of a mesh that may be painted, by number; empty = all"
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

    kind: Literal["pixels", "tanh", "fourier", "palette", "vertices"] = Field(
        "pixels", description="the parameters; vertices: one colour for each corner of a mesh"
    )
    start: kinds.Start = Field(
        "grey",
        description="where the optimiser starts: grey, noise, face, or a picture of the whole face (the "
        "texture.png of an earlier run)",
    )
    min_feature_mm: float = Field(0.0, ge=0, description="finer detail than this is not used; 0 = texel size")
    palette: kinds.Colours = Field((), description="the colours of kind = palette, as '#rrggbb'")
    norm: Literal["none", "linf", "l2", "l1"] = Field(
        "none", description="ball to stay in around the face, or around grey where that is the start"
    )
    eps: float = Field(0.0, ge=0, description="radius of that ball, sRGB in [0, 1]")

    @model_validator(mode="after")
    def _whole(self) -> "TextureTable":
        if self.norm != "none" and self.eps == 0:
            raise wanted("texture.eps", f"norm = {self.norm} needs the radius of its ball")
        if self.kind == "palette" and not self.palette:
            raise wanted("texture.palette", "kind = palette needs its colours, as '#rrggbb'")
        return self


class PrintTable(Table):
    """What the printer makes of the picture."""

    profile: kinds.Printer = Field(
        "none",
        description="none = printed exactly, fogra39, an ICC file of a printer, or one of `eot calibrate`",
    )
