"""How linear networks are along the gradient's sign, and logistic regression attacked in every class.

Goodfellow et al. 2015: the logits along the FGSM direction over a wide range of eps (figure 4), logistic
regression (section 5); the maps of two directions are the "church windows" of Warde-Farley & Goodfellow 2016.
"""

from collections.abc import Generator

import torch
from jaxtyping import Float, Int
from torch import Tensor

from eot.commands.tick import Tick
from eot.data import Data
from eot.evidence.statistics import rate_of
from eot.objectives import Evade, margin
from eot.recipes import fgsm, noise
from eot.search.each import best_of_each, never
from eot.streams import generator_for
from eot.studies.figures import Curves, class_maps, curves, grid
from eot.studies.page import Figure, Page, Table, Value, percent
from eot.studies.study import Setup, Wanted, commands, networks, shown_to
from eot.victims import Victim
from renders.errors import InputError

EPS = 0.25
WIDE = 1.0
CONV, LINEAR = Wanted("digit-conv-natural", "digit-conv"), Wanted("digit-linear-natural", "digit-linear")
NETS = (CONV, LINEAR)


def linearity(setup: Setup) -> Generator[Tick, None, Page]:
    """The page of the study."""
    conv, linear = yield from networks(setup, NETS)
    data = setup.test(1000, 200)
    images, labels = shown_to(conv, data)
    steps = grid(-WIDE, WIDE, setup.of(81, 41)).to(images)
    rows: list[tuple[Value, ...]] = []
    panels: list[Curves] = []
    for name, victim in (("convolutional", conv), ("logistic regression", linear)):
        yield Tick("lines", len(rows) // 2, 2, name)
        for direction, moves in directions(victim, images, labels, setup.seed).items():
            along = logits_along(victim, images[:100], moves[:100], steps)
            rows.append((name, direction, *straightness(along, labels[:100], steps)))
            panels.append(_panel(name, direction, along[0], steps))
    maps, truth = church_windows(conv, images, labels, setup)
    yield Tick("classes", 0, 1)
    table = by_class(linear, data, setup)
    return Page(
        "Linearity: why one step of the gradient's sign is enough",
        (
            _ABOUT,
            commands(setup, NETS),
            Figure("lines.png", _LINES, curves(panels)),
            Table(
                _STRAIGHT,
                ("network", "direction", "R² of a line", "fall of the margin per 0.1 eps"),
                tuple(rows),
            ),
            Figure(
                "windows.png",
                _WINDOWS,
                class_maps(maps, truth, ("adversarial direction", "random direction")),
            ),
            _window_share(maps, truth),
            table,
        ),
    )


def directions(
    victim: Victim, images: Float[Tensor, "n c h w"], labels: Int[Tensor, " n"], seed: int
) -> dict[str, Float[Tensor, "n c h w"]]:
    """Per image the sign of the gradient of the margin, and as a control random signs; both ±1.

    The margin and not the cross entropy, whose gradient underflows on digits that are read with certainty.
    Taken a little inside the range, so that every pixel can move either way.
    """
    step = 1e-3
    inner = images.clamp(step, 1 - step)
    attack = fgsm(inner, victim, Evade(labels, margin), eps=step)
    sign = ((best_of_each(attack, never).image - inner) / step).round()
    signs = torch.randint(2, images.shape, generator=generator_for(seed, "signs")).to(images) * 2 - 1
    return {"sign of the gradient": sign, "random signs": signs}


@torch.no_grad()
def logits_along(
    victim: Victim, images: Float[Tensor, "n c h w"], moves: Float[Tensor, "n c h w"], steps: Tensor
) -> Float[Tensor, "n s classes"]:
    """The logits of image + step · move for every step; not clipped, so that nothing but the net bends."""
    return torch.stack([victim((images + step * moves).expand(-1, 3, -1, -1)) for step in steps], dim=1)


def straightness(
    along: Float[Tensor, "n s classes"], labels: Int[Tensor, " n"], steps: Tensor
) -> tuple[float, float]:
    """R² of the line through the margin (true logit less a rival) over |eps| <= 0.25, and its mean slope."""
    near = steps.abs() <= EPS
    x = steps[near] - steps[near].mean()
    true = along.gather(2, labels[:, None, None].expand(-1, along.shape[1], 1))[..., 0]
    # The rival is the class that is second on the image itself, so that it does not change along the line.
    middle = along[:, len(steps) // 2].scatter(1, labels[:, None], -torch.inf).argmax(1)
    rival = along.gather(2, middle[:, None, None].expand(-1, along.shape[1], 1))[..., 0]
    ahead = (true - rival)[:, near]
    centred = ahead - ahead.mean(1, keepdim=True)
    slope = (centred * x).sum(1) / x.square().sum()
    residual = (centred - slope[:, None] * x).square().sum(1)
    r2 = 1 - residual / centred.square().sum(1).clamp_min(1e-12)
    return float(r2.mean()), float(-0.1 * slope.mean())


def church_windows(
    victim: Victim, images: Tensor, labels: Tensor, setup: Setup
) -> tuple[Int[Tensor, "n r r"], list[int]]:
    """What is read around some digits that are read right, over the adversarial and a random direction.

    Raises InputError where none is.
    """
    with torch.no_grad():
        right = (victim(images.expand(-1, 3, -1, -1)).argmax(1) == labels).nonzero()[:, 0]
    if not len(right):
        raise InputError(
            f"{victim.info.name}: expected test images that it reads right; got none of {len(images)}: "
            "give it data to learn from"
        )
    chosen = right[: setup.of(12, 6)]
    x, y = images[chosen], labels[chosen]
    adversarial, other = directions(victim, x, y, setup.seed).values()
    side = grid(-0.5, 0.5, setup.of(41, 21))
    with torch.no_grad():
        rows = [
            torch.stack(
                [victim((x + a * adversarial + b * other).expand(-1, 3, -1, -1)).argmax(1) for a in side],
                dim=1,
            )
            for b in side
        ]
    return torch.stack(rows, dim=1).cpu(), y.tolist()


def _window_share(maps: Tensor, truth: list[int]) -> Table:
    wrong = maps != torch.tensor(truth)[:, None, None]
    middle = maps.shape[1] // 2
    right_half, left_half = wrong[:, middle, middle + 1 :], wrong[:, middle, :middle]
    random = torch.cat([wrong[:, :middle, middle], wrong[:, middle + 1 :, middle]], dim=1)
    rows = (
        ("towards the adversarial direction", float(right_half.float().mean())),
        ("away from it", float(left_half.float().mean())),
        ("along the random one, both ways", float(random.float().mean())),
    )
    return Table(
        "Share of the half lines of the maps, to 0.5, that is misread", ("half line", "misread"), rows
    )


def by_class(victim: Victim, data: Data, setup: Setup) -> Table:
    """Logistic regression: accuracy per true class, clean, under random signs of eps and under FGSM."""
    images, labels = shown_to(victim, data)
    control = noise(images, victim, Evade(labels), eps=EPS, generator=generator_for(setup.seed, "control"))
    attacked = fgsm(images, victim, Evade(labels), eps=EPS)
    with torch.no_grad():
        clean = victim(images.expand(-1, 3, -1, -1)).argmax(1) != labels
    fooled = [clean, *(best_of_each(attack, never).success for attack in (control, attacked))]
    rows: list[tuple[Value, ...]] = []
    for number, name in enumerate((*data.classes, "all")):
        mask = labels == number if number < len(data.classes) else torch.ones_like(clean)
        rows.append((name, int(mask.sum()), *(percent(rate_of(f[mask])) for f in fooled)))
    columns = ("digit", "n", "error, clean %", f"random signs, eps {EPS} %", f"FGSM, eps {EPS} %")
    return Table("Logistic regression attacked in every class (95 % intervals)", columns, tuple(rows))


def _panel(name: str, direction: str, along: Float[Tensor, "s classes"], steps: Tensor) -> Curves:
    lines = {f"_{c}": along[:, c].tolist() for c in range(along.shape[1])}
    return Curves(f"{name}, {direction}", steps.tolist(), lines, "eps", "logit")


_ABOUT = """\
Goodfellow et al. (2015) explain adversarial examples by linearity: along the sign of the gradient the
logits run almost straight over a wide range of eps, so a single step finds a wrong class, while a random
direction of the same size does nothing."""
_LINES = (
    "The ten logits of one test digit over eps, both signs: along the sign of the gradient, and along random "
    "signs as the control."
)
_STRAIGHT = "Straightness of the margin within eps 0.25 of 100 test digits"
_WINDOWS = (
    "Church windows: what is read around test digits; white is read right, each colour is another class. "
    "Right is towards the FGSM direction, up is a random direction; both reach to eps 0.5."
)
