"""Rates over photos: views of one photo resemble each other, so photos are what is counted."""

from jaxtyping import Bool, Int
from torch import Tensor

from eot.evidence.statistics import Rate, clustered


def rate_over_photos(success: Bool[Tensor, " n"], photo: Int[Tensor, " n"]) -> Rate:
    """The share of successful views, with an interval for photos that were not tried."""
    _, which = photo.unique(return_inverse=True)
    wins = which.bincount(success.double()).long().tolist()
    return clustered(wins, which.bincount().tolist())
