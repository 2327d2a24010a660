"""The depth estimator: a frozen callable from sRGB images to how near every pixel is."""

from dataclasses import dataclass, replace
from typing import final

from jaxtyping import Float
from torch import Tensor, nn

from eot.victims.detector import Setting
from eot.victims.letterbox import fitted
from eot.victims.segmenter import in_pictures
from eot.victims.victim import FrozenModel, VictimInfo
from renders.places import Places

# What is made of a thing, in the order of the numbers that a reading has.
STANDS_OUT, MELTS_IN = 0, 1
LABELS = ("stands out", "melts in")


@dataclass(frozen=True)
class Depths:
    """What a depth estimator says of pictures: the nearness of every pixel of them, differentiable.

    Nearness is larger for what is nearer: 1 / distance up to a factor and an offset of each picture's own,
    which is all that models trained on photographs of unknown scale can tell.

    Args:
        places: what is known to be in the pictures `[t k]`, where a scene tells it.
    """

    nearness: Float[Tensor, "*n h w"]
    places: Places | None = None

    @property
    def values(self) -> tuple[Tensor]:
        """All numbers that were answered."""
        return (self.nearness,)

    def unflatten(self, dim: int, sizes: tuple[int, ...]) -> "Depths":
        """The same with one axis of pictures split in several, as Tensor.unflatten does."""
        return replace(self, nearness=self.nearness.unflatten(dim, sizes))

    def __getitem__(self, index: int | slice) -> "Depths":
        """Those of one entry, or some, of the first axis."""
        return replace(self, nearness=self.nearness[index])

    def __len__(self) -> int:
        return len(self.nearness)


@final
class DepthEstimator(FrozenModel):
    """A frozen depth estimator under test: sRGB images in [0, 1], any size, to `Depths` of their size.

    Its module takes the canvas [n 3 h w] and answers nearness [n i j] of any resolution.
    """

    def __init__(
        self, module: nn.Module, info: VictimInfo, setting: Setting, *, channels_last: bool = False
    ) -> None:
        super().__init__(module, info, channels_last=channels_last)
        self.setting = setting

    def forward(self, images: Float[Tensor, "n 3 h w"]) -> Depths:
        """The nearness of every pixel of sRGB `images` in [0, 1]; differentiable with respect to them."""
        put = fitted(self.defence(images), self.info.input_px, self.setting.fit, self.setting.pad)
        answer = self.asked(put.canvas)[:, None]
        return Depths(in_pictures(answer, put, self.setting.fit, (images.shape[-2], images.shape[-1]))[:, 0])
