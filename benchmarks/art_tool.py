"""The Adversarial Robustness Toolbox's universal patch, set to do the same work as an example of ours."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

ROTATION_DEG = 22.5


@dataclass(frozen=True)
class Work:
    """What both tools are given: net, photos in sRGB, the class to be read as, sizes as shares of a side."""

    module: nn.Module
    train: Float[Tensor, "n 3 h w"]
    held_out: Float[Tensor, "m 3 h w"]
    target: int
    texels: int
    scales: tuple[float, float]
    epochs: int
    rate: float
    seed: int

    @property
    def images(self) -> int:
        """How many images are put forward and backward."""
        return self.epochs * len(self.train)

    def wanted(self, n: int) -> Float[Tensor, "n 1000"]:
        """The target n times, one-hot."""
        return nn.functional.one_hot(torch.full((n,), self.target), 1000).float()


def art_attack(work: Work, batch: int) -> Any:
    """ART's attack on this work; the module is used as it is given, as ART's documentation shows."""
    from art.attacks.evasion import AdversarialPatchPyTorch
    from art.estimators.classification import PyTorchClassifier

    estimator = PyTorchClassifier(
        model=work.module,
        loss=nn.CrossEntropyLoss(),
        input_shape=tuple(work.train.shape[1:]),
        nb_classes=1000,
        clip_values=(0.0, 1.0),
        device_type="cpu",
    )
    attack = AdversarialPatchPyTorch(
        estimator,
        rotation_max=ROTATION_DEG,
        scale_min=work.scales[0],
        scale_max=work.scales[1],
        learning_rate=work.rate,
        max_iter=work.epochs,
        batch_size=batch,
        patch_shape=(3, work.texels, work.texels),
        patch_type="square",
        verbose=False,
    )
    # What generate() finds out by asking the net for one image.
    attack.use_logits = True
    return attack


def art_patch(work: Work, batch: int, cleared: bool) -> Float[Tensor, "1 3 u v"]:
    """ART's patch. It never sets its gradient to zero between steps; `cleared` does that for it."""
    attack = art_attack(work, batch)
    seed_globals(work.seed)
    if cleared:
        attack._optimizer.register_step_post_hook(lambda *_: attack._patch.grad.zero_())
    patch, _ = attack.generate(work.train.numpy(), y=work.wanted(len(work.train)).numpy())
    return torch.tensor(patch, dtype=torch.float32)[None]


def pasted(
    work: Work, patch: Float[Tensor, "1 3 u v"], photo: Tensor, scale: Float[Tensor, " n"]
) -> Float[Tensor, "n 3 h w"]:
    """The patch on held-out photos where and how ART puts it; the same draws for every patch."""
    attack, ink = art_attack(work, 1), patch[0].numpy()
    seed_globals(work.seed + 1)
    images = [
        attack.apply_patch(work.held_out[index : index + 1].numpy(), scale=size, patch_external=ink)
        for index, size in zip(photo.tolist(), scale.tolist(), strict=True)
    ]
    return torch.tensor(np.concatenate(images)).clamp(0, 1)


def seed_globals(seed: int) -> None:
    """ART draws from the global generators: this is what makes it repeatable."""
    np.random.seed(seed)  # noqa: NPY002, TID251
    torch.random.default_generator.manual_seed(seed)
