"""Attacks within a ball of allowed change: noise, FGSM, BIM, PGD."""

from jaxtyping import Float
from torch import Tensor

from eot.attack import Attack
from eot.objectives import Objective
from eot.optimisers import SteepestDescent
from eot.problem import Problem
from eot.streams import Frozen
from eot.victims.victim import Victim
from renders.conditions import still
from renders.surfaces.screen import Screen
from textures.norms import Linf, Norm
from textures.parameters import Pixels
from textures.parameters.pixels import Generators

STILL = Frozen(still())
Radius = float | Float[Tensor, " t"]


def pgd(
    images: Float[Tensor, "t c h w"],
    victim: Victim,
    objective: Objective,
    *,
    eps: Radius,
    rate: float,
    steps: int,
    norm: Norm | None = None,
    generator: Generators | None = None,
    looks: int = 1,
) -> Attack:
    """Projected gradient descent in an Lp ball on the screen (Madry et al. 2018, eq. 2.3).

    Args:
        eps: one radius for all images, or one for each; then `rate` is a share of it.
        generator: starts at a random point of the ball; with one for each image a batch equals its singles.
            Without any the start is the images.
        looks: how often a victim that answers at random is asked at each step: the gradient is the mean
            (EOT-PGD, Athalye et al. 2018, Obfuscated Gradients, section 4.2).
    """
    norm = norm or Linf()
    texture = Pixels(victim.laid_out(images), norm, eps)
    if generator is not None:
        texture.scatter_(generator)
    reach = eps if isinstance(eps, Tensor) else None
    optimiser = SteepestDescent(texture.parameters(), norm, rate, reach)
    problem = Problem(Screen(), ((victim, 1.0),), objective)
    views = STILL if looks == 1 else Frozen(still(looks))
    return Attack(texture, problem, optimiser, views, views, steps)


def bim(
    images: Float[Tensor, "t c h w"], victim: Victim, objective: Objective, *, eps: float, steps: int
) -> Attack:
    """The basic iterative method: PGD from the images themselves (Kurakin et al. 2017, section 2.2)."""
    return pgd(images, victim, objective, eps=eps, rate=1.25 * eps / steps, steps=steps)


def fgsm(
    images: Float[Tensor, "t c h w"],
    victim: Victim,
    objective: Objective,
    *,
    eps: Radius,
    norm: Norm | None = None,
) -> Attack:
    """The fast gradient method: one steepest step of length eps (Goodfellow et al. 2015, section 4)."""
    rate = 1.0 if isinstance(eps, Tensor) else eps
    return pgd(images, victim, objective, eps=eps, rate=rate, steps=1, norm=norm)


def noise(
    images: Float[Tensor, "t c h w"],
    victim: Victim,
    objective: Objective,
    *,
    eps: Radius,
    generator: Generators,
    norm: Norm | None = None,
) -> Attack:
    """The control: a blind change that uses all of eps, judged and never improved."""
    attack = pgd(images, victim, objective, eps=eps, rate=0.0, steps=0, norm=norm)
    assert isinstance(attack.texture, Pixels)
    attack.texture.scatter_(generator, surface=True)
    return attack
