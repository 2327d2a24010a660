"""What every texture is: parameters that give a printable image, and the bounds they must respect."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from renders.errors import InputError


@runtime_checkable
class Texture(Protocol):
    """Parameters of t images of u x v texels, sRGB in [0, 1]; c is 3, or 1 for grey images on a screen.

    Laws: `project_` is idempotent; after it the image is in range and in its ball; texels outside a mask
    never move. `noise`, `blank` and `clean` are the control articles that a success rate is compared with.
    """

    def __call__(self) -> Float[Tensor, "t c u v"]:
        """The image, differentiable in the parameters."""
        ...

    def parameters(self) -> Iterator[nn.Parameter]:
        """What an optimiser changes, as of an `nn.Module`."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps, as of an `nn.Module`."""
        ...

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> Any:
        """Back to the state of a checkpoint, as of an `nn.Module`."""
        ...

    def project_(self) -> None:
        """Put the parameters back into their bounds."""
        ...

    def noise(self, generator: torch.Generator) -> Float[Tensor, "t c u v"]:
        """A random image of the same kind: same mask, same feature size, same ball, same colours."""
        ...

    def blank(self) -> Float[Tensor, "t c u v"]:
        """The same article with nothing on it: mid grey, or the start where there is a ball."""
        ...

    def clean(self) -> Float[Tensor, "t c u v"] | None:
        """What lies under the change; None where the article is a patch with nothing under it."""
        ...


def checked_image(image: Tensor, name: str) -> Tensor:
    """The image itself, once it is known to be `[t c u v]`, c = 3 or 1 (grey), float, finite, in [0, 1]."""
    wanted = f"expected {name} [t, 3 or 1, rows, columns] of floats in [0, 1]"
    if image.ndim != 4 or image.shape[1] not in (1, 3) or not image.is_floating_point() or image.numel() == 0:
        raise InputError(f"{wanted}; got {list(image.shape)} of {image.dtype}: add the axis or convert it")
    low, high = image.min().item(), image.max().item()
    if not (low >= 0 and high <= 1):
        raise InputError(f"{wanted}; got values from {low:g} to {high:g}: divide by 255 or clip")
    return image


def uniform_noise(like: Float[Tensor, "t c u v"], generator: torch.Generator) -> Float[Tensor, "t c u v"]:
    """Independent uniform sRGB values in [0, 1) at every texel and channel, drawn on the CPU."""
    return torch.rand(like.shape, generator=generator, dtype=like.dtype).to(like.device)
