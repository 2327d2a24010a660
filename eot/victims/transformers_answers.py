"""What models of transformers answer, put in the terms of our contracts."""

from dataclasses import dataclass
from typing import Any

from jaxtyping import Float
from torch import Tensor, nn
from torchvision.ops import box_convert

from eot.victims.detections import Operating
from eot.victims.detector import Setting
from eot.victims.letterbox import Fit
from eot.victims.victim import resize

# A set predictor has suppressed nothing that it would have to: each query stands for itself.
NO_SUPPRESSION = 1.0
MOST = 300
# Depth estimators that answer metres whatever their configuration says.
METRIC = ("zoedepth", "glpn", "depth_pro")
NEAREST_M = 0.01


@dataclass(frozen=True)
class Edges:
    """Proportions are kept: `shortest` px for the shorter side, at most `longest` for the other."""

    shortest: int
    longest: int

    def put(self, pictures: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n 3 i j"]:
        """The pictures as the model takes them."""
        from transformers.image_transforms import get_size_with_aspect_ratio

        rows, columns = get_size_with_aspect_ratio(tuple(pictures.shape[-2:]), self.shortest, self.longest)
        return resize(pictures, (rows, columns))


class Flipped(nn.Module):
    """A model that was trained on BGR."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, images: Float[Tensor, "n 3 h w"]) -> Any:
        """What the model answers."""
        return self.module(images.flip(1))


class Logits(nn.Module):
    """A classifier."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n c"]:
        """Its logits."""
        return self.model(pixel_values=images).logits


class Pixels(nn.Module):
    """A semantic segmenter, whose maps may be coarser than its input."""

    def __init__(self, model: nn.Module, edges: Edges | None) -> None:
        super().__init__()
        self.model, self.edges = model, edges
        self.setting = Setting(Fit.STRETCH if edges is None else Fit.OWN)

    def forward(self, canvas: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n c i j"]:
        """Its logits at the size it answers."""
        return self.model(pixel_values=canvas if self.edges is None else self.edges.put(canvas)).logits


class Nearness(nn.Module):
    """A depth estimator: 1 / distance of those that answer metres, and as it is of all others."""

    def __init__(self, model: nn.Module, edges: Edges | None) -> None:
        super().__init__()
        self.model, self.edges = model, edges
        config: Any = model.config
        self.metres = config.model_type in METRIC or getattr(config, "depth_estimation_type", "") == "metric"
        self.setting = Setting(Fit.STRETCH if edges is None else Fit.OWN)

    def forward(self, canvas: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n i j"]:
        """Larger is nearer, at the size it answers."""
        put = canvas if self.edges is None else self.edges.put(canvas)
        answer = self.model(pixel_values=put).predicted_depth
        return 1 / answer.clamp_min(NEAREST_M) if self.metres else answer


class Queries(nn.Module):
    """A detector that predicts a set (DETR, Carion et al. 2020, and its family): one candidate per query.

    With one logit more than classes its scores are a softmax whose last is "no object"; otherwise each class
    has a sigmoid of its own, and a query may stand for several.
    """

    def __init__(self, model: nn.Module, classes: int, edges: Edges | None) -> None:
        super().__init__()
        self.model, self.classes, self.edges = model, classes, edges
        queries = int(getattr(getattr(model, "config", None), "num_queries", MOST) or MOST)
        self.operating = Operating(
            threshold=0.5, overlap=NO_SUPPRESSION, limit=min(queries, MOST), every_class=True
        )
        self.setting = Setting(Fit.STRETCH if edges is None else Fit.OWN, operating=self.operating)

    def forward(self, canvas: Float[Tensor, "n 3 h w"]) -> tuple[Tensor, Tensor]:
        """Boxes in pixels of the canvas, and scores."""
        height, width = canvas.shape[-2:]
        answer = self.model(pixel_values=canvas if self.edges is None else self.edges.put(canvas))
        logits = answer.logits
        scores = logits.softmax(-1)[..., :-1] if logits.shape[-1] > self.classes else logits.sigmoid()
        boxes = box_convert(answer.pred_boxes, "cxcywh", "xyxy")
        return boxes * boxes.new_tensor([width, height] * 2), scores
