"""Defensive distillation: what it seems to gain against gradient attacks, and what is left of it after C&W.

Papernot et al. 2016 for the defence, Carlini & Wagner 2017 (section VIII) for its end.
"""

from collections.abc import Callable, Generator

import torch
from jaxtyping import Float
from torch import Tensor

from eot.commands.tick import Tick
from eot.evidence.statistics import rate_of
from eot.harden.methods import Settings
from eot.objectives import Evade, margin
from eot.recipes import fgsm, noise, pgd, saliency
from eot.search.each import best_of_each
from eot.search.found import Found
from eot.search.weight import smallest_by_carlini_wagner
from eot.streams import generator_for
from eot.studies.figures import Curves, curves, pictures
from eot.studies.page import Figure, Page, Table, percent
from eot.studies.study import Setup, Wanted, commands, networks, shown_to
from eot.victims import Victim

TEMPERATURE = 100.0
EPS = 0.3
PLAIN = Wanted("digit-stacked-natural", "digit-stacked")
DISTILLED = Wanted("digit-stacked-distilled", "digit-stacked", "distil", Settings(temperature=TEMPERATURE))
NETS = (PLAIN, DISTILLED)
Row = tuple[str, str, int, str, float | None]


def distillation(setup: Setup) -> Generator[Tick, None, Page]:
    """The page of the study."""
    victims = yield from networks(setup, NETS)
    rows: list[Row] = []
    lengths: dict[str, list[float]] = {}
    shown: list[Tensor] = []
    names = ("undistilled", f"distilled, T = {TEMPERATURE:g}")
    for done, (name, victim) in enumerate(zip(names, victims, strict=True)):
        yield Tick("attacks", done, len(victims), name)
        rows += weak_rows(name, victim, setup)
        found, images = carlini_wagner(victim, setup)
        distance = float(found.cost[found.success].mean()) if bool(found.success.any()) else None
        rows.append((name, "C&W, l2", len(images), percent(rate_of(~found.success)), distance))
        lengths[name] = sorted(found.cost[found.success].tolist())
        shown += [images[:10], found.image[:10]][len(shown) and 1 :]
    share = torch.linspace(0, 1, 101)
    quantiles = {k: torch.quantile(torch.tensor(v), share).tolist() for k, v in lengths.items() if v}
    return Page(
        "Defensive distillation",
        (
            _ABOUT,
            commands(setup, NETS),
            Table(_ACCURACY, ("network", "attack", "n", "accuracy left %", "mean l2"), tuple(rows)),
            Figure(
                "lengths.png",
                _LENGTHS,
                curves([Curves("C&W", share.tolist(), quantiles, "share of digits", "l2 needed")]),
            ),
            Figure("digits.png", _DIGITS, pictures(shown, ("clean", "C&W, undistilled", "C&W, distilled"))),
        ),
    )


def weak_rows(name: str, victim: Victim, setup: Setup) -> list[Row]:
    """What is left under a control, and under attacks that follow the gradient of the cross entropy."""
    data = setup.test(1000, 100)
    images, labels = shown_to(victim, data)
    evade, start = Evade(labels), generator_for(setup.seed, "distillation")
    # PGD on the margin of the logits, which no temperature flattens, shows how much was only hidden.
    attacks: dict[str, Callable[[], Found]] = {
        "none": lambda: best_of_each(fgsm(images, victim, evade, eps=0.0)),
        f"random signs, l∞ {EPS}": lambda: best_of_each(
            noise(images, victim, evade, eps=EPS, generator=start)
        ),
        f"FGSM, l∞ {EPS}": lambda: best_of_each(fgsm(images, victim, evade, eps=EPS)),
        "saliency, 14.5 % of the pixels": lambda: best_of_each(saliency(images, victim, evade, share=0.145)),
        f"PGD-40, cross entropy, l∞ {EPS}": lambda: best_of_each(
            pgd(images, victim, evade, eps=EPS, rate=0.02, steps=40)
        ),
        f"PGD-40, margin, l∞ {EPS}": lambda: best_of_each(
            pgd(images, victim, Evade(labels, margin), eps=EPS, rate=0.02, steps=40)
        ),
    }
    return [
        (name, kind, len(data), percent(rate_of(~attack().success)), None) for kind, attack in attacks.items()
    ]


def carlini_wagner(victim: Victim, setup: Setup) -> tuple[Found, Float[Tensor, "n c h w"]]:
    """The smallest l2 changes for test digits, and those digits."""
    data = setup.test(200, 30)
    images, labels = shown_to(victim, data)
    rounds, steps = setup.of(7, 5), setup.of(300, 100)
    return (
        smallest_by_carlini_wagner(images, victim, Evade(labels), rounds=rounds, steps=steps, rate=0.02),
        images,
    )


_ABOUT = """\
A distilled network is taught the soft answers of a teacher, both at a high temperature, and is used at
temperature 1. Its logits are then so large that the softmax is flat and the gradient of the cross
entropy underflows: attacks that follow it stand still. C&W follows the logits themselves, as PGD on the
margin does, and looks for the smallest change."""
_ACCURACY = "Accuracy of both networks on test digits (95 % intervals); untargeted attacks"
_LENGTHS = "The l2 length C&W needs: quantiles over the digits it fools."
_DIGITS = "Test digits and their smallest changes."
