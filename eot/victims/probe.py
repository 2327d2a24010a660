"""What a module must show on a probe batch before it may be a victim."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from eot.victims.fingerprint import named_tensors
from eot.victims.victim import Victim
from renders.errors import InputError

PROBE_IMAGES = 3


def probe_images(victim: Victim) -> Float[Tensor, "n 3 h w"]:
    """A few fixed images of uniform noise at the victim's input size, on its device and in its dtype."""
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(PROBE_IMAGES, 3, *victim.info.input_px, generator=generator)
    like = next((t for _, t in named_tensors(victim.module) if t.is_floating_point()), victim.mean)
    return images.to(like)


def check_weights(module: nn.Module, name: str) -> None:
    """Raises InputError when any parameter or buffer of `module` is not finite."""
    for tensor_name, tensor in named_tensors(module):
        if tensor.is_floating_point() and not bool(tensor.isfinite().all()):
            raise InputError(
                f"weights of {name} must be finite; {tensor_name} holds NaN or infinity: "
                "the file is damaged or training diverged, export it again"
            )


@torch.no_grad()
def ask(victim: Victim, images: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n c"]:
    """The logits of `images`, with every way a foreign module can fail turned into an InputError."""
    name = victim.info.name
    try:
        answer = victim.module(((images - victim.mean) / victim.std).to(images.dtype))
    except Exception as error:  # a foreign forward may raise anything
        raise InputError(
            f"{name} must take images {list(images.shape)}; it raised {_one_line(error)}: "
            "check its input size"
        ) from error
    if not isinstance(answer, Tensor) or answer.ndim != 2 or len(answer) != len(images):
        raise InputError(
            f"{name} must answer logits [n c], n = {len(images)}; got {_described(answer)}: wrap it in a "
            "module that returns the class scores only"
        )
    return answer


def check_logits(logits: Float[Tensor, "n c"], name: str, labels: tuple[str, ...]) -> None:
    """Raises InputError unless `logits` are finite, one per label, and not probabilities."""
    classes = logits.shape[1]
    if labels and len(labels) != classes:
        raise InputError(
            f"{name} must have one label per class; it answers {classes} classes and {len(labels)} labels "
            "were given: give the labels it was trained with"
        )
    if classes < 2:
        raise InputError(f"{name} must tell at least 2 classes apart; it answers {classes}: use a classifier")
    if not bool(logits.isfinite().all()):
        raise InputError(
            f"{name} must answer finite logits; it answers NaN or infinity on plain noise: repair it"
        )
    sums = logits.sum(1)
    if bool((logits >= 0).all()) and bool(torch.isclose(sums, torch.ones_like(sums), atol=1e-3).all()):
        raise InputError(
            f"{name} must answer logits; its rows are probabilities (non-negative, sum 1), whose gradients "
            "vanish: remove the final softmax"
        )


def _one_line(error: Exception) -> str:
    text = str(error).strip()
    return f"{type(error).__name__}: {text.splitlines()[0][:160]}" if text else type(error).__name__


def _described(answer: object) -> str:
    if isinstance(answer, Tensor):
        return f"a tensor {list(answer.shape)}"
    return f"a {type(answer).__name__}"
