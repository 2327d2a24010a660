"""The digital attacks of torchattacks, foolbox and the Adversarial Robustness Toolbox, set to the same work.

Each takes the module as it is given, as its documentation shows, and returns adversarial images. None of
them is needed by anything but the benchmarks: pip install torchattacks foolbox adversarial-robustness-toolbox
"""

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

Attack = Callable[[], Tensor]


@dataclass(frozen=True)
class Work:
    """What every tool is given: a frozen module in eval mode, images in [0, 1] and their classes."""

    module: nn.Module
    images: Float[Tensor, "n 3 h w"]
    labels: Int[Tensor, " n"]


def pgd_of_others(work: Work, eps: float, rate: float, steps: int) -> dict[str, Attack]:
    """Untargeted l-inf PGD from a random start, cross-entropy, the last iterate; none without the tools."""
    if not _installed():
        return {}
    import foolbox
    import torchattacks
    from art.attacks.evasion import ProjectedGradientDescentPyTorch

    attack = torchattacks.PGD(work.module, eps=eps, alpha=rate, steps=steps, random_start=True)
    model = foolbox.PyTorchModel(work.module, bounds=(0, 1), device="cpu")
    linf = foolbox.attacks.LinfPGD(abs_stepsize=rate, steps=steps, random_start=True)
    toolbox = ProjectedGradientDescentPyTorch(
        _estimator(work),
        eps=eps,
        eps_step=rate,
        max_iter=steps,
        num_random_init=1,
        batch_size=len(work.images),
        verbose=False,
    )
    return {
        "torchattacks": lambda: attack(work.images, work.labels),
        "foolbox": lambda: linf(model, work.images, work.labels, epsilons=eps)[1],
        "ART": lambda: torch.from_numpy(toolbox.generate(work.images.numpy(), y=work.labels.numpy())),
    }


def carlini_wagner_of_others(work: Work, c: float, rate: float, steps: int, rounds: int) -> dict[str, Attack]:
    """C&W l2 without confidence. torchattacks has no search for c: it does one round, whatever is asked."""
    if not _installed():
        return {}
    import foolbox
    import torchattacks
    from art.attacks.evasion import CarliniL2Method

    attack = torchattacks.CW(work.module, c=c, kappa=0, steps=steps, lr=rate)
    model = foolbox.PyTorchModel(work.module, bounds=(0, 1), device="cpu")
    l2 = foolbox.attacks.L2CarliniWagnerAttack(
        binary_search_steps=rounds, steps=steps, stepsize=rate, initial_const=c, abort_early=rounds > 1
    )
    toolbox = CarliniL2Method(
        _estimator(work),
        learning_rate=rate,
        binary_search_steps=rounds,
        max_iter=steps,
        initial_const=c,
        batch_size=len(work.images),
        verbose=False,
    )
    return {
        "torchattacks": lambda: attack(work.images, work.labels),
        "foolbox": lambda: l2(model, work.images, work.labels, epsilons=None)[1],
        "ART": lambda: torch.from_numpy(toolbox.generate(work.images.numpy(), y=work.labels.numpy())),
    }


def _installed() -> bool:
    return all(importlib.util.find_spec(name) for name in ("torchattacks", "foolbox", "art"))


def _estimator(work: Work):  # type: ignore[no-untyped-def]
    from art.estimators.classification import PyTorchClassifier

    with torch.no_grad():
        classes = work.module(work.images[:1]).shape[1]
    return PyTorchClassifier(
        model=work.module,
        loss=nn.CrossEntropyLoss(),
        input_shape=tuple(work.images.shape[1:]),
        nb_classes=classes,
        clip_values=(0.0, 1.0),
        device_type="cpu",
    )
