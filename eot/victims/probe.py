"""What a module must show on a probe batch before it may be a victim."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from eot.victims.any_victim import AnyVictim, Prediction
from eot.victims.depth import LABELS, Depths
from eot.victims.detections import Dense
from eot.victims.fingerprint import named_tensors
from eot.victims.segmenter import Maps
from eot.victims.victim import VictimInfo
from renders.errors import EotError, InputError

PROBE_IMAGES = 3
# A score may leave [0, 1] by rounding only.
ROUNDING = 1e-4
# How far the proportions of a map may be off those of the picture: coarse maps are rounded to whole cells.
PROPORTIONS = 0.2


def probe_images(module: nn.Module, info: VictimInfo) -> Float[Tensor, "n 3 h w"]:
    """A few fixed images of uniform noise at the input size, on the module's device and in its dtype."""
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(PROBE_IMAGES, 3, *info.input_px, generator=generator)
    like = next((t for _, t in named_tensors(module) if t.is_floating_point()), images)
    return images.to(like)


def check_weights(module: nn.Module, name: str) -> None:
    """Raises InputError when any parameter or buffer of `module` is not finite."""
    for tensor_name, tensor in named_tensors(module):
        if tensor.is_floating_point() and not bool(tensor.isfinite().all()):
            raise InputError(
                f"weights of {name} must be finite; {tensor_name} holds NaN or infinity: "
                "the file is damaged or training diverged, export it again"
            )


@torch.no_grad()
def answer(victim: AnyVictim, images: Float[Tensor, "n 3 h w"]) -> object:
    """Whatever the module answers to images of its size; its exceptions come as an InputError."""
    try:
        return victim.module(((images - victim.mean) / victim.std).to(images.dtype))
    except EotError:
        raise
    except Exception as error:  # a foreign forward may raise anything
        raise InputError(
            f"{victim.info.name} must take images {list(images.shape)}; it raised {_one_line(error)}: "
            "check its input size"
        ) from error


def checked(raw: object, info: VictimInfo, n: int) -> Prediction:
    """The answer to n images as logits, candidates, maps or depths. Raises InputError where it is none."""
    if isinstance(raw, Tensor) and raw.ndim == 4 and len(raw) == n:
        check_logits(raw.movedim(1, -1).flatten(0, 2), info.name, info.labels)
        return Maps(raw)
    if isinstance(raw, Tensor) and raw.ndim == 3 and len(raw) == n and _is_map(raw, info.input_px):
        check_nearness(raw, info.name)
        return Depths(raw)
    if isinstance(raw, Tensor) and raw.ndim == 2 and len(raw) == n:
        check_logits(raw, info.name, info.labels)
        return raw
    parts = raw if isinstance(raw, tuple | list) else ()
    if len(parts) in (2, 3) and all(isinstance(part, Tensor) for part in parts):
        dense = Dense(*parts) if _fits(parts, n) else None
        if dense is not None:
            check_candidates(dense, info.name, info.labels)
            return dense
    raise InputError(
        f"{info.name} must answer logits [n c] (or [n c h w]), nearness [n h w], or a tuple of boxes "
        f"[n q 4] and scores [n q c], n = {n}; got {_described(raw)}: wrap it in a module that answers "
        "these only"
    )


def _is_map(raw: Tensor, input_px: tuple[int, int]) -> bool:
    """Whether its two axes are those of a picture, and not candidates and what is said of each."""
    rows, columns = raw.shape[1:]
    wide, tall = rows * input_px[1], columns * input_px[0]
    return abs(wide - tall) <= PROPORTIONS * max(wide, tall)


def _fits(parts: tuple[Tensor, ...] | list[Tensor], n: int) -> bool:
    boxes, scores = parts[:2]
    shaped = boxes.ndim == scores.ndim == 3 and boxes.shape[-1] == 4
    return shaped and all(part.shape[:2] == (n, boxes.shape[1]) for part in parts)


def classes_of(prediction: Prediction) -> int:
    """How many classes it tells apart."""
    if isinstance(prediction, Maps):
        return prediction.logits.shape[-3]
    if isinstance(prediction, Depths):
        return len(LABELS)
    return (prediction if isinstance(prediction, Tensor) else prediction.scores).shape[-1]


def check_logits(logits: Float[Tensor, "n c"], name: str, labels: tuple[str, ...]) -> None:
    """Raises InputError unless `logits` are finite, one per label, and not probabilities."""
    classes = logits.shape[1]
    if labels and len(labels) != classes:
        raise InputError(
            f"{name} must have one label per class; it answers {classes} classes and {len(labels)} labels "
            "were given: give the labels it was trained with"
        )
    if classes < 2:
        raise InputError(f"{name} must tell at least 2 classes apart; it answers {classes}: use a classifier")
    if not bool(logits.isfinite().all()):
        raise InputError(
            f"{name} must answer finite logits; it answers NaN or infinity on plain noise: repair it"
        )
    sums = logits.sum(1)
    if bool((logits >= 0).all()) and bool(torch.isclose(sums, torch.ones_like(sums), atol=1e-3).all()):
        raise InputError(
            f"{name} must answer logits; its rows are probabilities (non-negative, sum 1), whose gradients "
            "vanish: remove the final softmax"
        )


def check_nearness(nearness: Float[Tensor, "n h w"], name: str) -> None:
    """Raises InputError unless it is finite and differs from pixel to pixel."""
    if not bool(nearness.isfinite().all()):
        raise InputError(
            f"{name} must answer finite nearness; it answers NaN or infinity on plain noise: clamp distances "
            "before taking 1 / distance"
        )
    if not bool((nearness.flatten(1).std(1) > 0).all()):
        raise InputError(
            f"{name} must answer nearness [n h w] that differs from pixel to pixel; it is constant on plain "
            "noise: load its weights, or let larger be nearer without clamping everything away"
        )


def check_candidates(dense: Dense, name: str, labels: tuple[str, ...]) -> None:
    """Raises InputError unless boxes are finite and scores are in [0, 1], with one score per label."""
    classes = dense.scores.shape[-1]
    if labels and len(labels) != classes:
        raise InputError(
            f"{name} must have one label per class; it scores {classes} classes and {len(labels)} labels "
            "were given: give the labels it was trained with"
        )
    if not all(bool(part.isfinite().all()) for part in (dense.boxes, dense.scores)):
        raise InputError(f"{name} must answer finite boxes and scores; it answers NaN or infinity: repair it")
    low, high = float(dense.scores.min()), float(dense.scores.max())
    if low < -ROUNDING or high > 1 + ROUNDING:
        raise InputError(
            f"{name} must answer scores in [0, 1]; got {low:.3g} to {high:.3g}: put its sigmoid or softmax "
            "into the module"
        )


def _one_line(error: Exception) -> str:
    text = str(error).strip()
    return f"{type(error).__name__}: {text.splitlines()[0][:160]}" if text else type(error).__name__


def _described(answer: object) -> str:
    if isinstance(answer, Tensor):
        return f"a tensor {list(answer.shape)}"
    if isinstance(answer, tuple | list):
        return f"a {type(answer).__name__} of {', '.join(_described(part) for part in answer[:4])}"
    return f"a {type(answer).__name__}"
