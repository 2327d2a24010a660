"""Transfer: images that were made on surrogate models, shown to a victim whose gradients are not used."""

import torch

from eot.objectives import Objective
from eot.problem import Problem
from eot.recipes.ball import STILL
from eot.search.found import Found, Images, fooled, mean_loss
from eot.search.rows import all_rows
from eot.victims.victim import Victim
from renders.surfaces.screen import Screen


@torch.no_grad()
def judged(images: Images, victim: Victim, objective: Objective) -> Found:
    """What these images do to the victim, whatever they were made on: one look at each, its loss the cost."""
    outcome = Problem(Screen(), ((victim, 1.0),), objective)(images, STILL(0))
    return Found(images, fooled(outcome), mean_loss(images, outcome, all_rows(images)))
