"""torchvision's detectors before suppression: every candidate that their own pipeline would choose from."""

from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.ssd import SSD
from torchvision.ops import clip_boxes_to_image

from eot.victims.detections import Operating
from eot.victims.detector import Setting
from eot.victims.letterbox import Fit

Boxes = Float[Tensor, "n q 4"]
Scores = Float[Tensor, "n q c"]
# Two-stage detectors have a box for each class of each proposal; this many best pairs are candidates.
PAIRS = 1000


@dataclass(frozen=True)
class Inside:
    """What the model's own transform makes of the pictures: its input, and the pictures' size in it."""

    images: ImageList
    size_px: tuple[int, int]
    scale: tuple[float, float]

    def in_pictures(self, boxes: Boxes) -> Boxes:
        """Boxes cut off at the picture's edge, in its pixels."""
        return clip_boxes_to_image(boxes, self.size_px) * boxes.new_tensor(self.scale * 2)


def _transformed(model: Any, pictures: Float[Tensor, "n 3 h w"]) -> Inside:
    images, _ = model.transform(list(pictures))
    height, width = images.image_sizes[0]
    scale = (pictures.shape[-1] / width, pictures.shape[-2] / height)
    return Inside(images, (height, width), scale)


class OneStage(nn.Module):
    """RetinaNet, FCOS, SSD and SSDlite: one candidate per anchor, scores as their own pipeline has them."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model: Any = model
        self.setting = _setting(model)

    def forward(self, pictures: Float[Tensor, "n 3 h w"]) -> tuple[Boxes, Scores]:
        """Boxes in pixels of the pictures and scores of every anchor."""
        model = self.model
        inside = _transformed(model, pictures)
        features = _maps(model.backbone(inside.images.tensors))
        head = model.head(list(features.values()))
        anchors = model.anchor_generator(inside.images, list(features.values()))
        pairs = zip(head["bbox_regression"], anchors, strict=True)
        boxes = torch.stack([_decoded(model, deltas, priors) for deltas, priors in pairs])
        return inside.in_pictures(boxes), _scores(head, softmax=isinstance(model, SSD))


def _maps(features: Any) -> dict[str, Tensor]:
    return {"0": features} if isinstance(features, Tensor) else features


def _decoded(model: Any, deltas: Float[Tensor, "q 4"], anchors: Float[Tensor, "q 4"]) -> Tensor:
    single = getattr(model.box_coder, "decode_single", model.box_coder.decode)
    return single(deltas, anchors)


def _scores(head: dict[str, Tensor], *, softmax: bool) -> Scores:
    """Sigmoid (RetinaNet), its geometric mean with the centre-ness (FCOS), or softmax (SSD)."""
    logits = head["cls_logits"]
    if "bbox_ctrness" in head:
        # The root is infinitely steep at 0: the product is kept a hair above it.
        return (logits.sigmoid() * head["bbox_ctrness"].sigmoid()).clamp_min(1e-12).sqrt()
    if softmax:
        foreground = logits.softmax(-1)[..., 1:]
        return nn.functional.pad(foreground, (1, 0))  # the background never counts as found
    return logits.sigmoid()


class TwoStage(nn.Module):
    """Faster R-CNN (and the boxes of Mask and Keypoint R-CNN): the best pairs of proposal and class.

    The proposals themselves are chosen without gradient, as the library does in eval mode; boxes and scores
    that the second stage gives them are differentiable.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model: Any = model
        self.setting = _setting(self.model.roi_heads)

    def forward(self, pictures: Float[Tensor, "n 3 h w"]) -> tuple[Boxes, Scores]:
        """Boxes in pixels of the pictures; each candidate scores for its own class only."""
        model = self.model
        inside = _transformed(model, pictures)
        features = _maps(model.backbone(inside.images.tensors))
        proposals, _ = model.rpn(inside.images, features)
        heads, sizes = model.roi_heads, inside.images.image_sizes
        logits, deltas = heads.box_predictor(heads.box_head(heads.box_roi_pool(features, proposals, sizes)))
        boxes, scores = heads.box_coder.decode(deltas, proposals), logits.softmax(-1)
        counts = [len(p) for p in proposals]
        best = [_best_pairs(*one) for one in zip(boxes.split(counts), scores.split(counts), strict=True)]
        return inside.in_pictures(torch.stack([b for b, _ in best])), torch.stack([s for _, s in best])


def _best_pairs(boxes: Float[Tensor, "p c 4"], scores: Float[Tensor, "p c"]) -> tuple[Tensor, Tensor]:
    """The best pairs of proposal and class (0 is the background), padded with empty boxes that score 0."""
    c = scores.shape[1]
    own = scores[:, 1:].flatten()
    values, which = own.topk(min(PAIRS, len(own)))
    room = PAIRS - len(values)
    kept = nn.functional.pad(boxes[:, 1:].reshape(-1, 4)[which], (0, 0, 0, room))
    classes = nn.functional.one_hot(which % (c - 1) + 1, c)
    return kept, nn.functional.pad(values[:, None] * classes, (0, 0, 0, room))


def _setting(rules: Any) -> Setting:
    operating = Operating(
        threshold=0.5,
        floor=float(rules.score_thresh),
        overlap=float(rules.nms_thresh),
        limit=int(rules.detections_per_img),
        every_class=True,
    )
    return Setting(fit=Fit.OWN, operating=operating)
