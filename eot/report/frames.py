"""Frames with what a detector found drawn on them, as the gallery shows them."""

import torch
from jaxtyping import Float
from torch import Tensor

from eot.evidence.evaluation import Evaluation

# Found as the attacked class, or where all are as one that is there; found as another.
OWN, OTHER = (255, 196, 0), (90, 170, 255)


def framed(
    photo: Float[Tensor, "3 h w"], evaluation: Evaluation, article: int, view: int
) -> Float[Tensor, "3 h w"]:
    """The photo with the first victim's detections at its operating threshold; as it is for classifiers."""
    found = evaluation.seen.found
    if found is None:
        return photo
    from torchvision.utils import draw_bounding_boxes

    fires = found.scores[0, article, view] >= found.threshold[0]
    boxes, labels = found.boxes[0, article, view][fires], found.labels[0, article, view][fires].tolist()
    levels = (photo.detach().clamp(0, 1) * 255).round().byte().cpu()
    limit = torch.tensor([photo.shape[-1], photo.shape[-2]] * 2) - 1
    if not len(boxes):
        return levels.float() / 255
    names = [evaluation.victims[0].label(label) for label in labels]
    own = [evaluation.goal.label, evaluation.goal.target]
    if found.classes is not None:
        own = found.classes[view].tolist()
    colours = [OWN if label in own else OTHER for label in labels]
    inside = boxes.clamp_min(0).minimum(limit)
    return draw_bounding_boxes(levels, inside, names, colours, width=2).float() / 255
