"""The sections about how it is seen: surface, camera, backgrounds."""

from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from eot.runs import kinds
from eot.runs.sections.table import Table, wanted
from renders.errors import InputError, nearest
from renders.rasterisers.choose import AUTO, RASTERISERS

FOCAL_KEYS = ("focal_mm", "focal_35mm", "focal_px", "exif")
# The main camera of most phones.
PHONE_35MM = 26.0


class SurfaceTable(Table):
    """What the article is seen on."""

    kind: Literal["flat", "screen", "photograph", "cylinder", "cloth", "objects"] = Field(
        "flat",
        description="an article in space (a mesh brings its own shape), the victim's own input, a place in "
        "real photos, round a cylinder, on wrinkled cloth, or on annotated things in photos",
    )
    radius_mm: float | None = Field(None, gt=0, description="radius of the cylinder: of a mug, can or pole")
    wavelength: float = Field(
        0.4,
        gt=0.05,
        le=10,
        description="length of cloth's wrinkles over its width; conditions.wrinkle: height",
    )
    self_shadow: bool = Field(False, description="the sun's shadow of an object or a bent sheet on itself")
    photos: kinds.File = Field(
        None, description="a photo or a folder of photos, for kind = photograph or objects"
    )
    corners: kinds.CornersOrFile = Field(
        None, description="four [x, y] in px from the top left, clockwise, or a .json: file name to corners"
    )
    occlusion: kinds.File = Field(None, description="a mask picture: white = in front of the article")
    boxes: kinds.File = Field(
        None,
        description="boxes around things: COCO .json, LISA or GTSRB .csv, folder of YOLO .txt or VOC .xml",
    )
    objects: kinds.ClassName = Field(
        None, description="the things that carry the article, as the boxes name or number them; none = all"
    )
    object_height_mm: float | None = Field(None, gt=0, description="true height of these things")
    place: kinds.Place = Field(
        (0.5, 0.5), description="centre of the article on a thing: fractions of its box from the top left"
    )
    min_object_px: float = Field(32.0, gt=0, description="things less tall than this carry nothing")

    @model_validator(mode="after")
    def _has_things(self) -> "SurfaceTable":
        for key in ("photos", "boxes", "object_height_mm") if self.kind == "objects" else ():
            if getattr(self, key) is None:
                raise wanted(
                    f"surface.{key}", "kind = objects needs photos, boxes around things, their height"
                )
        return self

    @model_validator(mode="after")
    def _has_a_place(self) -> "SurfaceTable":
        if self.kind == "photograph" and self.photos is None:
            raise wanted("surface.photos", "kind = photograph needs a photo")
        if self.kind == "photograph" and self.corners is None:
            raise wanted("surface.corners", "kind = photograph needs the article's place in the photo")
        if self.kind == "cylinder" and self.radius_mm is None:
            raise wanted("surface.radius_mm", "kind = cylinder needs its radius")
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
    rasteriser: str = Field("auto", description="auto, spans, warp, embree, pytorch3d or nvdiffrast")
    output_px: int = Field(64, ge=8, le=2048, description="side of the picture that the victim gets")
    supersample: kinds.Samples = Field(
        2,
        description="samples along a pixel's side, and how much larger a view is taken before it is shrunk",
    )

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

    @field_validator("rasteriser")
    @classmethod
    def _known(cls, name: str) -> str:
        if name != AUTO and name not in RASTERISERS:
            raise ValueError(f"{name!r} is not known: {nearest(name, [AUTO, *RASTERISERS])}")
        return name

    @model_validator(mode="after")
    def _sensor_beside_focal_mm(self) -> "CameraTable":
        if self.focal_mm is not None and self.sensor_width_mm is None:
            raise wanted("camera.sensor_width_mm", "focal_mm says nothing without it")
        if self.focal_mm is None and self.sensor_width_mm is not None:
            raise wanted("camera.focal_mm", "sensor_width_mm says nothing without it")
        return self


class BackgroundsTable(Table):
    """What is behind the article, and the light around it."""

    kind: Literal["procedural", "folder", "colours"] = Field(
        "procedural", description="drawn scenes, your photos, or plain colours"
    )
    folder: kinds.File = Field(None, description="folder of photos, for kind = folder")
    count: int = Field(64, ge=1, le=10000, description="how many scenes are drawn, or the most photos used")
    environments: kinds.File = Field(
        None, description=".hdr map or folder of them that the sky's light comes from; none = an even sky"
    )

    @model_validator(mode="after")
    def _has_its_folder(self) -> "BackgroundsTable":
        if self.kind == "folder" and self.folder is None:
            raise wanted("backgrounds.folder", "kind = folder needs a folder of photos")
        return self
