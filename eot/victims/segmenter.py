"""The segmenter: a frozen callable from sRGB images to logits of every class at every pixel."""

from dataclasses import dataclass, replace
from typing import final

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from eot.victims.detector import Setting
from eot.victims.letterbox import Fit, Fitted, fitted
from eot.victims.victim import FrozenModel, VictimInfo
from renders.places import Places


@dataclass(frozen=True)
class Maps:
    """What a segmenter says of pictures: logits at every pixel of them, differentiable.

    Args:
        places: what is known to be in the pictures `[t k]`, where a scene tells it.
    """

    logits: Float[Tensor, "*n c h w"]
    places: Places | None = None

    @property
    def values(self) -> tuple[Tensor]:
        """All numbers that were answered."""
        return (self.logits,)

    def unflatten(self, dim: int, sizes: tuple[int, ...]) -> "Maps":
        """The maps with one axis of pictures split in several, as Tensor.unflatten does."""
        return replace(self, logits=self.logits.unflatten(dim, sizes))

    def __getitem__(self, index: int | slice) -> "Maps":
        """The maps of one entry, or some, of the first axis."""
        return replace(self, logits=self.logits[index])

    def __len__(self) -> int:
        return len(self.logits)


@final
class Segmenter(FrozenModel):
    """A frozen segmenter under test: sRGB images in [0, 1], any size, to `Maps` of their size.

    Its module takes the canvas [n 3 h w] and answers logits [n c i j] of any resolution. The laws are those
    of `Victim`: no parameter ever requires a gradient, and the module stays in eval mode whatever is asked.
    """

    def __init__(
        self, module: nn.Module, info: VictimInfo, setting: Setting, *, channels_last: bool = False
    ) -> None:
        super().__init__(module, info, channels_last=channels_last)
        self.setting = setting

    def forward(self, images: Float[Tensor, "n 3 h w"]) -> Maps:
        """Logits at every pixel of sRGB `images` in [0, 1]; differentiable with respect to the images."""
        put = fitted(self.defence(images), self.info.input_px, self.setting.fit, self.setting.pad)
        return Maps(
            in_pictures(self.asked(put.canvas), put, self.setting.fit, (images.shape[-2], images.shape[-1]))
        )


def in_pictures(
    logits: Float[Tensor, "n c i j"], put: Fitted, fit: Fit, size: tuple[int, int]
) -> Float[Tensor, "n c h w"]:
    """Maps of any kind at the pictures' size, without what the letterbox added."""
    if fit in (Fit.CENTRE, Fit.CORNER):
        logits = resized(logits, (put.canvas.shape[-2], put.canvas.shape[-1]))
        left, top = (round(edge) for edge in put.offset)
        columns, rows = (round(side * scale) for side, scale in zip(size[::-1], put.scale, strict=True))
        logits = logits[..., top : top + rows, left : left + columns]
    return resized(logits, size)


def resized(logits: Float[Tensor, "n c i j"], size: tuple[int, int]) -> Float[Tensor, "n c h w"]:
    """Logits at another resolution; the same where they have it already."""
    if tuple(logits.shape[-2:]) == size:
        return logits
    return functional.interpolate(logits, size=size, mode="bilinear", align_corners=False)
