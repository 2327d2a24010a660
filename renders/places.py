"""Where things are in each picture: the objects that carry articles, and the articles on them."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


@dataclass(frozen=True)
class Places:
    """At most b places in each of k pictures, as boxes (left, top, right, bottom) in pixels of the picture.

    `objects` is what is annotated there; where an article stands alone it is the article's own box.
    `present` is False where a picture has fewer than b places, or too little of the object is in it.
    `classes` is what each object is, by the victim's numbers, where all things of a picture count.
    """

    objects: Float[Tensor, "k b 4"]
    articles: Float[Tensor, "k b 4"]
    present: Bool[Tensor, "k b"]
    classes: Int[Tensor, "k b"] | None = None

    def to(self, like: Tensor) -> "Places":
        """The same places on the device and with the dtype of a tensor."""
        return Places(
            self.objects.to(like),
            self.articles.to(like),
            self.present.to(like.device),
            None if self.classes is None else self.classes.to(like.device),
        )

    def beside(self, size: tuple[int, int]) -> Bool[Tensor, "k b h w"]:
        """The pixels of pictures of `size` (height, width) in each object's box that no article covers."""
        covered = pixels_in(self.articles, size) & self.present[..., None, None]
        return pixels_in(self.objects, size) & ~covered.any(1, keepdim=True)

    def shown(self, size: tuple[int, int]) -> Bool[Tensor, "k b"]:
        """The objects of which something shows beside the articles: of the others nothing can be judged."""
        return self.present & self.beside(size).any(-1).any(-1)


def pixels_in(boxes: Float[Tensor, "k b 4"], size: tuple[int, int]) -> Bool[Tensor, "k b h w"]:
    """The pixels whose centre lies in each box."""
    left, top, right, bottom = boxes[..., None].unbind(-2)
    y, x = (torch.arange(n).to(boxes) + 0.5 for n in size)
    return ((y >= top) & (y <= bottom))[..., None] & ((x >= left) & (x <= right))[..., None, :]


def bounding_boxes(points: Float[Tensor, "*n p 2"]) -> Float[Tensor, "*n 4"]:
    """The smallest upright boxes around points (x, y)."""
    return torch.cat([points.amin(-2), points.amax(-2)], -1)
