"""A linear victim: the public fake whose attacks have closed forms."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from eot.victims.fingerprint import fingerprint
from eot.victims.victim import Victim, VictimInfo


class LinearNet(nn.Module):
    """logits_c = <weight_c, image> + bias_c."""

    weight: Tensor
    bias: Tensor

    def __init__(self, weight: Float[Tensor, "c 3 h w"], bias: Float[Tensor, " c"]) -> None:
        super().__init__()
        self.register_buffer("weight", weight.detach().clone())
        self.register_buffer("bias", bias.detach().clone())

    def forward(self, images: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n c"]:
        """The inner product of every image with every class weight, plus the class bias."""
        return torch.einsum("nrhw,crhw->nc", images, self.weight) + self.bias


def LinearVictim(  # noqa: N802 - reads as the constructor of the victim it returns
    weight: Float[Tensor, "c 3 h w"], bias: Float[Tensor, " c"] | None = None
) -> Victim:
    """A `Victim` with logits <weight_c, image> + bias_c and no normalisation, for closed-form tests.

    Args:
        weight: one image per class; its size is the input size, its dtype the dtype of the answers.
        bias: zero where not given.
    """
    classes, _, height, width = weight.shape
    net = LinearNet(weight, weight.new_zeros(classes) if bias is None else bias)
    info = VictimInfo(
        name="linear",
        labels=tuple(f"class {c}" for c in range(classes)),
        input_px=(height, width),
        weights_sha256=fingerprint(net),
        licence="Apache-2.0",
        origin="given weights",
    )
    return Victim(net, info)
