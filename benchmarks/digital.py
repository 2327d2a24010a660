"""PGD and C&W against torchattacks, foolbox and ART: time and strength, same model, same batch, one run.

The base of every time is the model's own forward and backward pass as it was loaded, frozen, channels first:
what every peer pays for a step. CPU time on one core, medians of interleaved rounds.

    python -m benchmarks.digital            # times
    python -m benchmarks.digital strength   # robust accuracy and smallest changes
"""

import copy
import sys
from collections.abc import Callable

import torch
import torchvision
from torch import Tensor
from torch.nn.functional import cross_entropy

from benchmarks.digital_tools import Work, carlini_wagner_of_others, pgd_of_others
from benchmarks.measure import Figure, cpu_s, show
from benchmarks.step import varied
from eot.data.signs import sign_data
from eot.objectives import Evade
from eot.recipes import carlini_wagner, pgd
from eot.search.each import best_of_each, never
from eot.search.found import Length
from eot.search.restarts import starts
from eot.search.weight import smallest_by_carlini_wagner, smallest_by_lbfgs
from eot.streams import generator_for
from eot.victims.admit import Claim, admit
from eot.victims.bundled import WEIGHTS
from eot.victims.sign_net import build
from eot.victims.state_dict import fill, read_state
from eot.victims.victim import Victim
from textures.norms import L2, Linf

EPS = 8 / 255
STEPS, INNER = 10, 20


def sign_net(n: int) -> Work:
    """The bundled classifier as it was trained, not folded, on views of the signs."""
    state = read_state(WEIGHTS / "sign-net.safetensors")
    data = sign_data("signs", n, 0).sample(n)
    images, labels = data.take(torch.arange(n))
    module = build("sign-net", len(data.classes))
    fill(module, state, "sign-net")
    return Work(module.eval().requires_grad_(False), images, labels)


def mobilenet(n: int) -> Work:
    """MobileNetV2 with untrained weights, which take the same time, on noise."""
    module = varied(torchvision.models.mobilenet_v2(weights=None), 224)
    images = torch.rand(n, 3, 224, 224, generator=generator_for(0, "images"))
    return Work(module, images, module(images).argmax(1))


def victim_of(work: Work) -> Victim:
    """What ours attacks: the same module as `eot` loads it."""
    size = work.images.shape[-2:]
    return admit(copy.deepcopy(work.module), Claim("net", "benchmark", "none", (size[0], size[1])))


def bare(work: Work, steps: int) -> Callable[[], None]:
    """The steps of the model alone."""
    leaf = work.images.clone().requires_grad_()

    def call() -> None:
        for _ in range(steps):
            leaf.grad = None
            cross_entropy(work.module(leaf), work.labels, reduction="sum").backward()

    return call


def our_pgd(work: Work, victim: Victim, steps: int, fixed: bool) -> Callable[[], Tensor]:
    """PGD of all the steps, or until each example has fallen."""

    def call() -> Tensor:
        draws = starts(0, "benchmark", range(len(work.images)))
        goal = Evade(work.labels)
        rate = 2.5 * EPS / steps
        attack = pgd(work.images, victim, goal, eps=EPS, rate=rate, steps=steps, generator=draws)
        return (best_of_each(attack, never) if fixed else best_of_each(attack)).image

    return call


def pgd_times(name: str, work: Work, rounds: int, steps: int = STEPS) -> list[Figure]:
    """Seconds over as many bare steps."""
    victim = victim_of(work)
    calls: dict[str, Callable[[], object]] = {
        "bare": bare(work, steps),
        "ours, fixed steps": our_pgd(work, victim, steps, True),
        "ours, finished dropped": our_pgd(work, victim, steps, False),
        **pgd_of_others(work, EPS, 2.5 * EPS / steps, steps),
    }
    bounds = {"ours, fixed steps": 0.8, "ours, finished dropped": 0.55}
    return _ratios(f"PGD-{steps} {name} x {len(work.images)}", calls, bounds, rounds)


def carlini_times(name: str, work: Work, rounds: int, steps: int = INNER) -> list[Figure]:
    """Seconds of one round of C&W, no early abort, over as many bare steps."""
    victim, c = victim_of(work), torch.full((len(work.images),), 1.0)

    def ours() -> Tensor:
        attack = carlini_wagner(work.images, victim, Evade(work.labels), c=c, steps=steps)
        return best_of_each(attack, never, Length(work.images, L2())).image

    calls = {"bare": bare(work, steps), "ours": ours, **carlini_wagner_of_others(work, 1.0, 0.01, steps, 1)}
    return _ratios(f"C&W, {steps} steps, {name} x {len(work.images)}", calls, {"ours": 0.85}, rounds)


def _ratios(
    title: str, calls: dict[str, Callable[[], object]], bounds: dict[str, float], rounds: int
) -> list[Figure]:
    seconds = cpu_s(calls, rounds)
    base = seconds.pop("bare")
    return [
        Figure(f"{title}: {name}, over bare steps", spent / base, "x", bounds.get(name))
        for name, spent in seconds.items()
    ]


def robust_accuracy(work: Work, images: Tensor) -> float:
    """Share that the unfolded module still reads right, once the images are known to lie in the ball."""
    assert float(Linf().measure(images - work.images).max()) <= EPS * (1 + 1e-4)
    return float((work.module(images).argmax(1) == work.labels).float().mean())


def strength(work: Work, eps_steps: int = 40, rounds: int = 9, inner: int = 100) -> list[Figure]:
    """Robust accuracy under PGD-40, and the median l2 of C&W and L-BFGS, each with foolbox's beside it."""
    victim, goal = victim_of(work), Evade(work.labels)
    others = pgd_of_others(work, EPS, 2.5 * EPS / eps_steps, eps_steps)
    figures = [
        Figure(f"robust accuracy, PGD-{eps_steps}: {name}", 100 * robust_accuracy(work, call()), "%")
        for name, call in {"ours": our_pgd(work, victim, eps_steps, False), **others}.items()
    ]
    theirs = carlini_wagner_of_others(work, 0.01, 0.01, inner, rounds)["foolbox"]()
    fooled = work.module(theirs).argmax(1) != work.labels
    length = L2().measure(theirs - work.images)
    lengths = {"foolbox's C&W": torch.where(fooled, length, torch.inf)}
    smallest = smallest_by_carlini_wagner(work.images, victim, goal, rounds=rounds, steps=inner)
    lengths["our C&W"] = smallest.cost
    lengths["our L-BFGS"] = smallest_by_lbfgs(work.images, victim, goal, rounds=rounds).cost
    base = lengths["foolbox's C&W"].median()
    for name, cost in lengths.items():
        figures.append(Figure(f"median l2, {name}", float(cost.median()), ""))
        if name.startswith("our"):
            figures.append(Figure(f"median l2, {name} over foolbox's", float(cost.median() / base), "x", 1.1))
    return figures


def main(rounds: int = 5) -> None:
    """Prints the tables."""
    torch.set_num_threads(1)
    if sys.argv[1:] == ["strength"]:
        show("Strength, bundled sign net, 32 views", strength(sign_net(32)))
        return
    signs, photos = sign_net(64), mobilenet(8)
    show("PGD, bundled sign net", pgd_times("sign-net", signs, rounds))
    show("PGD, MobileNetV2", pgd_times("mobilenet_v2", photos, rounds))
    show("C&W, bundled sign net", carlini_times("sign-net", sign_net(32), rounds))


if __name__ == "__main__":
    main()
