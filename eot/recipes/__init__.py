"""Attacks as recipes: each names its parts and nothing else. The loop is always eot/loop.py."""

from eot.recipes.ball import STILL, bim, fgsm, noise, pgd
from eot.recipes.minimal import SquaredDistance, box_lbfgs, carlini_wagner
from eot.recipes.saliency import saliency
from eot.recipes.square import square
from eot.recipes.views import expectation_over_transformation, texture_3d

__all__ = [
    "STILL",
    "SquaredDistance",
    "bim",
    "box_lbfgs",
    "carlini_wagner",
    "expectation_over_transformation",
    "fgsm",
    "noise",
    "pgd",
    "saliency",
    "square",
    "texture_3d",
]
