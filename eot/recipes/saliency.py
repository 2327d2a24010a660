"""An attack on few pixels: each step drives the one that promises most all the way (after Papernot 2016)."""

from collections.abc import Iterable

import torch
from jaxtyping import Float
from torch import Tensor

from eot.attack import Attack
from eot.objectives import Objective
from eot.optimisers import Closure
from eot.problem import Problem
from eot.recipes.ball import STILL
from eot.victims.victim import Victim
from renders.surfaces.screen import Screen
from textures.parameters import Pixels


class PixelByPixel(torch.optim.Optimizer):
    """Sets the most salient pixels, by gradient times room, to the end of the range that lowers the loss.

    Salience of a pixel is what the loss would fall by if it were linear, summed over the channels. `lr` is
    the share of the way to the end that is gone.
    """

    def __init__(self, parameters: Iterable[Tensor], pixels: int, lr: float = 1.0) -> None:
        super().__init__(parameters, {"lr": lr})
        self.pixels = pixels

    def step(self, closure: Closure) -> Tensor:  # type: ignore[override]
        """Moves `pixels` pixels of every texture."""
        loss = closure()
        with torch.no_grad():
            for parameter in self.param_groups[0]["params"]:
                way = (parameter.grad < 0).to(parameter) - parameter
                way = torch.where(parameter.grad == 0, 0, way)
                fall = -(parameter.grad * way).sum(1)
                best = fall.flatten(1).topk(self.pixels, dim=1).indices
                moves = torch.zeros_like(fall).flatten(1).scatter(1, best, 1.0).reshape(fall.shape)
                parameter.addcmul_(way, moves[:, None], value=self.param_groups[0]["lr"])
        return loss


def saliency(
    images: Float[Tensor, "t c h w"],
    victim: Victim,
    objective: Objective,
    *,
    share: float,
    pixels: int = 2,
) -> Attack:
    """An l0 attack in the manner of JSMA: two pixels a step, at most `share` of all (Papernot et al. 2016).

    Theirs scores pairs by the Jacobian of the softmax and lets no pixel move twice; ours takes the gradient
    of the objective, which is one backward pass instead of one a class, and may take a pixel back.
    """
    texture = Pixels(images)
    count = images.shape[-2] * images.shape[-1]
    steps = max(1, int(share * count) // pixels)
    problem = Problem(Screen(), ((victim, 1.0),), objective)
    return Attack(texture, problem, PixelByPixel(texture.parameters(), pixels), STILL, STILL, steps)
