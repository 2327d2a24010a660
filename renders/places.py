"""Where things are in each picture: the objects that carry articles, and the articles on them."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor


@dataclass(frozen=True)
class Places:
    """At most b places in each of k pictures, as boxes (left, top, right, bottom) in pixels of the picture.

    `objects` is what is annotated there; where an article stands alone it is the article's own box.
    `present` is False where a picture has fewer than b places, or too little of the object is in it.
    """

    objects: Float[Tensor, "k b 4"]
    articles: Float[Tensor, "k b 4"]
    present: Bool[Tensor, "k b"]

    def to(self, like: Tensor) -> "Places":
        """The same places on the device and with the dtype of a tensor."""
        return Places(self.objects.to(like), self.articles.to(like), self.present.to(like.device))


def bounding_boxes(points: Float[Tensor, "*n p 2"]) -> Float[Tensor, "*n 4"]:
    """The smallest upright boxes around points (x, y)."""
    return torch.cat([points.amin(-2), points.amax(-2)], -1)
