"""The detector: a frozen callable from sRGB images to candidates; it owns letterbox and resize."""

from dataclasses import dataclass, field
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from eot.victims.detections import Dense, Detections, Operating
from eot.victims.letterbox import GREY, Fit, fitted
from eot.victims.victim import FrozenModel, VictimInfo


@dataclass(frozen=True)
class Setting:
    """How pictures are put before a detector's module, and how its answer is read."""

    fit: Fit = Fit.CENTRE
    pad: float = GREY
    operating: Operating = field(default_factory=Operating)


@final
class Detector(FrozenModel):
    """A frozen detector under test: sRGB images in [0, 1], any size, to `Dense` candidates in their pixels.

    Its module takes the canvas [n 3 h w] and answers (boxes [n q 4] xyxy px of the canvas, scores [n q c] in
    [0, 1]) and, where the family has it, objectness [n q]. The laws are those of `Victim`: no parameter ever
    requires a gradient, and the module stays in eval mode whatever is asked of it.
    """

    def __init__(
        self, module: nn.Module, info: VictimInfo, setting: Setting, *, channels_last: bool = False
    ) -> None:
        super().__init__(module, info, channels_last=channels_last)
        self.setting = setting

    def forward(self, images: Float[Tensor, "n 3 h w"]) -> Dense:
        """The candidates of sRGB `images` in [0, 1]; differentiable with respect to the images."""
        put = fitted(self.defence(images), self.info.input_px, self.setting.fit, self.setting.pad)
        boxes, scores, *objectness = self.asked(put.canvas)
        seen = objectness[0] if objectness else None
        return Dense(put.in_pictures(boxes), scores, seen, self.setting.operating)

    def detect(self, images: Float[Tensor, "n 3 h w"]) -> Detections:
        """The detections of sRGB `images` after suppression."""
        with torch.no_grad():
            return self(images).detections
