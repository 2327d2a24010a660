"""The victim: a frozen callable from sRGB images to logits that owns resize and normalisation."""

from dataclasses import dataclass
from typing import Any, final

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from eot.victims.fingerprint import fingerprint

Rgb = tuple[float, float, float]


@dataclass(frozen=True)
class VictimInfo:
    """What is known about a victim; goes into every report.

    Args:
        input_px: height and width of the image the module takes.
        weights_sha256: fingerprint of the weights as they were loaded, before anything was folded.
        mean: per RGB channel, sRGB in [0, 1]; (0, 0, 0) where the module normalises by itself.
        std: likewise; (1, 1, 1) where the module normalises by itself.
        notes: what loading did or could not do, a line each.
    """

    name: str
    labels: tuple[str, ...]
    input_px: tuple[int, int]
    weights_sha256: str
    licence: str
    origin: str
    mean: Rgb = (0.0, 0.0, 0.0)
    std: Rgb = (1.0, 1.0, 1.0)
    notes: tuple[str, ...] = ()


def resize(images: Float[Tensor, "n c h w"], size_px: tuple[int, int]) -> Float[Tensor, "n c i j"]:
    """`images` at `size_px` (height, width), antialiased bilinear; the same images where sizes are equal."""
    if (images.shape[-2], images.shape[-1]) == size_px:
        return images
    return functional.interpolate(images, size=size_px, mode="bilinear", align_corners=False, antialias=True)


def normalised(
    images: Float[Tensor, "n c h w"], mean: Float[Tensor, "1 c 1 1"], std: Float[Tensor, "1 c 1 1"]
) -> Float[Tensor, "n c h w"]:
    """(images - mean) / std. Both are spread over one image first: channels last, torch is ten times slower
    at a value for each channel than at one for each pixel."""
    if images.is_contiguous(memory_format=torch.channels_last):
        wide = images[:1].shape
        mean, std = (v.expand(wide).contiguous(memory_format=torch.channels_last) for v in (mean, std))
    return (images - mean) / std


class FrozenModel(nn.Module):
    """What every model under test has in common.

    Law: no parameter ever requires a gradient, and the module stays in eval mode whatever is asked of it:
    in train mode it would change while it is attacked.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, module: nn.Module, info: VictimInfo, *, channels_last: bool = False) -> None:
        super().__init__()
        self.module = module.to(memory_format=torch.channels_last) if channels_last else module
        self.info, self.channels_last = info, channels_last
        self.defence: nn.Module = nn.Identity()
        self.normalises_itself = not any(info.mean) and all(each == 1 for each in info.std)
        self.register_buffer("mean", torch.tensor(info.mean).reshape(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(info.std).reshape(1, 3, 1, 1))
        for parameter in self.parameters():
            parameter.requires_grad_(False)
        self.train(False)

    def asked(self, canvas: Float[Tensor, "n 3 h w"]) -> Any:
        """What the module answers to sRGB pictures of its own size, which are normalised here."""
        normal = canvas if self.normalises_itself else normalised(canvas, self.mean, self.std)
        return self.module(self.laid_out(normal))

    def laid_out(self, images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
        """The same images in the order of memory that the module reads: then no step has to copy them."""
        return images.contiguous(memory_format=torch.channels_last) if self.channels_last else images

    def train(self, mode: bool = True) -> "FrozenModel":
        """The model itself, in eval mode."""
        return super().train(False)

    def fingerprint(self) -> str:
        """The sha256 of all parameters and buffers as they are now (see `assert_unchanged`)."""
        return fingerprint(self)


@final
class Victim(FrozenModel):
    """A frozen classifier under test: sRGB images in [0, 1], any size, to logits.

    Use `load_victim` or `admit` to get one that is checked and fast; its constructor checks nothing.
    """

    def forward(self, images: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n c"]:
        """Logits of sRGB `images` in [0, 1]; differentiable with respect to the images."""
        return self.asked(resize(self.defence(images), self.info.input_px))
