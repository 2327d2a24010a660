"""PGD and C&W against torchattacks, foolbox and ART: time and strength, same model, same batch, one run.

The base of every time is the model's own forward and backward pass as it was loaded, frozen, channels first:
what every peer pays for a step. CPU time on one core, medians of interleaved rounds.

    python -m benchmarks.digital            # times of a fixed number of steps
    python -m benchmarks.digital whole      # C&W with its search for c: time and median l2 of each tool
    python -m benchmarks.digital strength   # robust accuracy and smallest changes
"""

import copy
import sys
import time
from collections.abc import Callable

import torch
import torchvision
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from benchmarks.digital_tools import Work, carlini_wagner_of_others, pgd_of_others
from benchmarks.measure import Figure, cpu_s, show
from benchmarks.step import varied
from eot.data.signs import sign_data
from eot.objectives import Evade, margin
from eot.recipes import carlini_wagner, pgd
from eot.search.each import best_of_each, never
from eot.search.found import Length
from eot.search.restarts import starts
from eot.search.weight import smallest_by_carlini_wagner, smallest_by_lbfgs
from eot.streams import generator_for
from eot.victims.admit import Claim, admit_classifier
from eot.victims.bundled import WEIGHTS
from eot.victims.sign_net import MEAN, STD, build
from eot.victims.state_dict import fill, read_state
from eot.victims.victim import Rgb, Victim
from textures.norms import L2, Linf

EPS = 8 / 255
STEPS, INNER = 40, 20


class Normalised(nn.Module):
    """A net behind its normalisation: one module from images in [0, 1] to logits, as the peers take it."""

    mean: Tensor
    std: Tensor

    def __init__(self, net: nn.Module, mean: Rgb, std: Rgb) -> None:
        super().__init__()
        self.net = net
        self.register_buffer("mean", torch.tensor(mean).reshape(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(std).reshape(1, 3, 1, 1))

    def forward(self, images: Tensor) -> Tensor:
        """Logits."""
        return self.net((images - self.mean) / self.std)


def sign_net(n: int) -> Work:
    """The bundled classifier as it was trained, not folded, on views of the signs that it reads right."""
    state = read_state(WEIGHTS / "sign-net.safetensors")
    data = sign_data("signs", n, 0).sample(n)
    images, labels = data.take(torch.arange(n))
    net = build("sign-net", len(data.classes))
    fill(net, state, "sign-net")
    module = Normalised(net, MEAN, STD).eval().requires_grad_(False)
    right = module(images).argmax(1) == labels
    assert bool(right.float().mean() > 0.9), "a net that reads nothing is fooled by nothing"
    return Work(module, images[right], labels[right])


def mobilenet(n: int) -> Work:
    """MobileNetV2 with untrained weights, which take the same time, on noise."""
    module = varied(torchvision.models.mobilenet_v2(weights=None), 224)
    images = torch.rand(n, 3, 224, 224, generator=generator_for(0, "images"))
    return Work(module, images, module(images).argmax(1))


def victim_of(work: Work) -> Victim:
    """What ours attacks: the same module as `eot` loads it."""
    size = (work.images.shape[-2], work.images.shape[-1])
    if not isinstance(work.module, Normalised):
        return admit_classifier(copy.deepcopy(work.module), Claim("net", "benchmark", "none", size))
    claim = Claim("net", "benchmark", "none", size, mean=MEAN, std=STD)
    return admit_classifier(copy.deepcopy(work.module.net), claim)


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
    # What dropping gains says nothing on untrained weights, where nothing is read and little falls.
    bounds = {"ours, fixed steps": 0.8} | (
        {"ours, finished dropped": 0.55} if isinstance(work.module, Normalised) else {}
    )
    return _ratios(f"PGD-{steps} {name} x {len(work.images)}", calls, bounds, rounds)


def carlini_times(name: str, work: Work, rounds: int, steps: int = INNER) -> list[Figure]:
    """Seconds of one round of C&W over as many bare steps.

    Ours and foolbox's do every step. torchattacks gives up on the whole batch when its loss rises, and ART on
    an example; the share of the images that they put through says how much of the work they did.
    """
    victim, c = victim_of(work), torch.full((len(work.images),), 1.0)

    def ours() -> Tensor:
        attack = carlini_wagner(work.images, victim, Evade(work.labels), c=c, steps=steps)
        return best_of_each(attack, never, Length(work.images, L2())).image

    others = carlini_wagner_of_others(work, 1.0, 0.01, steps, 1)
    calls: dict[str, Callable[[], object]] = {"bare": bare(work, steps), "ours": ours, **others}
    title = f"C&W, {steps} steps, {name} x {len(work.images)}"
    whole = steps * len(work.images)
    shares = [
        Figure(f"{title}: images put through by {tool}", put_through(work.module, call) / whole, "x")
        for tool, call in others.items()
    ]
    return _ratios(title, calls, {"ours": 0.85}, rounds) + shares


def put_through(module: nn.Module, call: Callable[[], object]) -> int:
    """How many images the module is asked about."""
    seen: list[int] = []
    hook = module.register_forward_hook(lambda _, inputs, __: seen.append(len(inputs[0])))
    call()
    hook.remove()
    return sum(seen)


def carlini_whole(work: Work, rounds: int = 5, steps: int = 50) -> list[Figure]:
    """C&W as each tool does it, from c = 0.1, with early abort: CPU seconds over ours, and the median l2.

    torchattacks knows no search for c: it gets c = 1 and all the steps in one round. An image that a tool
    does not fool counts as infinitely far.
    """
    victim, goal = victim_of(work), Evade(work.labels)

    def ours() -> Tensor:
        return smallest_by_carlini_wagner(
            work.images, victim, goal, first=0.1, rounds=rounds, steps=steps
        ).image

    calls = {"ours": ours, **carlini_wagner_of_others(work, 0.1, 0.01, steps, rounds)}
    calls["torchattacks"] = carlini_wagner_of_others(work, 1.0, 0.01, steps * rounds, 1)["torchattacks"]
    figures, base = [], 0.0
    for tool, call in calls.items():
        start = time.process_time()
        images = call()
        spent = time.process_time() - start
        base = base or spent
        fooled = work.module(images).argmax(1) != work.labels
        length = torch.where(fooled, L2().measure(images - work.images), torch.inf).median()
        figures.append(Figure(f"{tool}: time over ours", spent / base, "x"))
        figures.append(Figure(f"{tool}: median l2", float(length), ""))
        figures.append(Figure(f"{tool}: fooled", 100 * float(fooled.float().mean()), "%"))
    return figures


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
    # The cross entropy of a net this sure is flat in single precision.
    sure = Evade(work.labels, margin)
    lengths["our L-BFGS"] = smallest_by_lbfgs(work.images, victim, sure, rounds=rounds).cost
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
    if sys.argv[1:] == ["whole"]:
        show("C&W with its search for c, bundled sign net, 16 views", carlini_whole(sign_net(16)))
        return
    signs, photos = sign_net(64), mobilenet(4)
    show("PGD, bundled sign net", pgd_times("sign-net", signs, rounds))
    show("PGD, MobileNetV2", pgd_times("mobilenet_v2", photos, rounds, 10))
    show("C&W, bundled sign net", carlini_times("sign-net", signs, rounds))
    show("C&W, MobileNetV2", carlini_times("mobilenet_v2", photos, 1, 10))


if __name__ == "__main__":
    main()
