"""Photographs in which things are marked, and what is known of each of them laid side by side."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from renders.colour import srgb_to_linear
from renders.relight import Relight
from renders.window import Picture


@dataclass(frozen=True)
class Things:
    """Everything that is known to be in a photograph: boxes (xyxy px), and the victim's number of each."""

    boxes_px: Float[Tensor, "c 4"]
    classes: Int[Tensor, " c"]


@dataclass(frozen=True)
class Marked:
    """One photograph: sRGB image, the boxes of the objects that carry articles (xyxy px), and its light.

    Of the light, the photo's own blur is unknown here and stands at none. Where `things` are given they are
    what is to be found; else it is the objects that carry articles.
    """

    srgb: Float[Tensor, "3 h w"]
    objects_px: Float[Tensor, "b 4"]
    relight: Relight
    things: Things | None = None

    @property
    def sought_px(self) -> Float[Tensor, "c 4"]:
        """The boxes of what a victim is to find."""
        return self.objects_px if self.things is None else self.things.boxes_px

    @property
    def classes(self) -> Int[Tensor, " c"]:
        """The class of each of them, -1 where it is not told."""
        if self.things is not None:
            return self.things.classes
        return torch.full((len(self.objects_px),), -1, device=self.objects_px.device)

    @cached_property
    def linear(self) -> Picture:
        """The photo in linear light, ready to cut windows from."""
        return Picture.of(srgb_to_linear(self.srgb))


@dataclass(frozen=True)
class Album:
    """What is known of n photographs, as many places in each as the fullest of them has.

    Args:
        size_px: width and height.
        focal_px: of a lens of 43 mm equivalent; it only matters for the perspective within a turned article.
        carriers_px: boxes of the objects that carry articles; `carries` where there is one.
        sought_px: boxes of what is to be found; `there` where there is something.
        gain: of the photo's light, per channel, as `haze`.
    """

    size_px: Float[Tensor, "n 2"]
    focal_px: Float[Tensor, " n"]
    carriers_px: Float[Tensor, "n b 4"]
    carries: Bool[Tensor, "n b"]
    sought_px: Float[Tensor, "n b 4"]
    there: Bool[Tensor, "n b"]
    classes: Int[Tensor, "n b"]
    gain: Float[Tensor, "n 3"]
    haze: Float[Tensor, "n 3"]

    @classmethod
    def of(cls, photos: Sequence[Marked]) -> "Album":
        """The album of photographs, on their device."""
        sizes = [(photo.srgb.shape[2], photo.srgb.shape[1]) for photo in photos]
        like = photos[0].srgb
        most = max(max(len(photo.objects_px), len(photo.sought_px)) for photo in photos)
        return cls(
            size_px=like.new_tensor(sizes),
            focal_px=like.new_tensor([math.hypot(*size) for size in sizes]),
            carriers_px=_filled([photo.objects_px for photo in photos], most),
            carries=_filled([torch.ones_like(photo.objects_px[:, 0]).bool() for photo in photos], most),
            sought_px=_filled([photo.sought_px for photo in photos], most),
            there=_filled([torch.ones_like(photo.sought_px[:, 0]).bool() for photo in photos], most),
            classes=_filled([photo.classes for photo in photos], most, -1),
            gain=like.new_tensor([photo.relight.gain for photo in photos]),
            haze=like.new_tensor([photo.relight.haze for photo in photos]),
        )

    def chosen(self, choice: Int[Tensor, " k"], dtype: torch.dtype) -> "Album":
        """The photographs behind k views."""
        rows = [getattr(self, field.name)[choice] for field in fields(self)]
        return Album(*(row.to(dtype) if row.is_floating_point() else row for row in rows))


def _filled(parts: Sequence[Tensor], most: int, fill: int = 0) -> Tensor:
    """`[n most ...]` of n tables of different lengths."""
    table = parts[0].new_full((len(parts), most, *parts[0].shape[1:]), fill)
    for row, part in zip(table, parts, strict=True):
        row[: len(part)] = part
    return table
