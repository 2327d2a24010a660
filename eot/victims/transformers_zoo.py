"""Classifiers, detectors, segmenters and depth estimators of Hugging Face transformers (optional)."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

from torch import nn

from eot.victims.admit import Claim, admit
from eot.victims.any_victim import AnyVictim
from eot.victims.transformers_answers import Edges, Flipped, Logits, Nearness, Pixels, Queries
from eot.victims.victim import Rgb
from renders.errors import InputError

Size = tuple[int, int]
BILINEAR = 2
# From this size on, processors with a share to crop (ConvNeXt's) squeeze the whole picture as we do.
UNCROPPED_PX = 384


@dataclass(frozen=True)
class Taken:
    """What the model's own processor makes of a picture; `edges` where it keeps the proportions.

    The whole picture goes in, as with every classifier of ours, so that the article is never cropped away;
    `notes` says where the processor would crop it or keep its proportions.
    """

    input_px: Size
    edges: Edges | None
    mean: Rgb
    std: Rgb
    flips: bool
    notes: tuple[str, ...]


def load_transformers(rest: str) -> AnyVictim:
    """The model in the folder or hub repository `rest`: a classifier, a detector of the DETR family,
    a semantic segmenter, or a depth estimator.

    Weights are read from safetensors only, and no code that comes with a model is run.

    Raises:
        InputError: transformers is not installed, there is no such model, it has pickled weights or code of
            its own, or it does something else.
    """
    transformers = _transformers()
    config = _read(rest, lambda: transformers.AutoConfig.from_pretrained(rest, trust_remote_code=False))
    architecture, task = _task(rest, config)
    if not hasattr(transformers, architecture):
        raise InputError(
            f"transformers:{rest} brings code of its own ({architecture}), which is not run: wrap it in a "
            "python:FILE.py:FACTORY victim if you trust it"
        )
    build = getattr(transformers, architecture)
    model = _read(rest, lambda: build.from_pretrained(rest, use_safetensors=True).eval())
    processor = _read(rest, lambda: transformers.AutoImageProcessor.from_pretrained(rest))
    taken = _taken(rest, processor)
    labels = tuple(str(config.id2label[i]) for i in sorted(config.id2label))
    claim = Claim(
        name=f"transformers:{rest}",
        origin=f"{rest} {getattr(config, '_commit_hash', None) or ''}".strip(),
        licence="see its model card",
        input_px=taken.input_px,
        labels=labels,
        mean=taken.mean,
        std=taken.std,
        notes=taken.notes,
    )
    module = task(model, claim, taken.edges)
    return admit(Flipped(module) if taken.flips else module, _set(claim, module))


def _classifier(model: nn.Module, claim: Claim, edges: Edges | None) -> nn.Module:
    return Logits(model)


def _detector(model: nn.Module, claim: Claim, edges: Edges | None) -> nn.Module:
    return Queries(model, len(claim.labels), edges)


def _segmenter(model: nn.Module, claim: Claim, edges: Edges | None) -> nn.Module:
    return Pixels(model, edges)


def _depth_estimator(model: nn.Module, claim: Claim, edges: Edges | None) -> nn.Module:
    return Nearness(model, edges)


# What the name of an architecture ends with, to the module that puts its answers in our terms.
TASKS: dict[str, Callable[[nn.Module, Claim, Edges | None], nn.Module]] = {
    "ForImageClassification": _classifier,
    "ForObjectDetection": _detector,
    "ForSemanticSegmentation": _segmenter,
    "ForDepthEstimation": _depth_estimator,
}


def _set(claim: Claim, module: Any) -> Claim:
    return replace(claim, setting=module.setting) if hasattr(module, "setting") else claim


def _task(rest: str, config: Any) -> tuple[str, Callable[[nn.Module, Claim, Edges | None], nn.Module]]:
    architecture = (config.architectures or ["a model without a head"])[0]
    for ending, task in TASKS.items():
        if architecture.endswith(ending):
            return architecture, task
    raise InputError(
        f"transformers:{rest} must be one of {', '.join('...' + ending for ending in TASKS)}; got "
        f"{architecture}: choose another, or wrap it in a python:FILE.py:FACTORY victim"
    )


def _taken(rest: str, processor: Any) -> Taken:
    size = getattr(processor, "crop_size", None) if processor.do_center_crop else processor.size
    names = ("height", "width", "shortest_edge", "longest_edge")
    height, width, shortest, longest = (int(getattr(size, name, None) or 0) for name in names)
    if not (height and width) and not shortest:
        raise InputError(f"transformers:{rest} must say the size of its input; its processor says {size}")
    edges = Edges(shortest, longest) if shortest and longest else None
    # Its pixels run from 0 to 255 times the factor, ours to 1.
    top = 255 * processor.rescale_factor if processor.do_rescale else 255.0
    plain = not processor.do_normalize
    mean = [0.0] * 3 if plain else processor.image_mean
    std = [1.0] * 3 if plain else processor.image_std
    input_px = (height or shortest, width or shortest)
    notes = _framing(processor, input_px, edges)
    if int(processor.resample) != BILINEAR:
        notes = ("resized bilinearly; its own processor does it otherwise", *notes)
    return Taken(
        input_px=input_px,
        edges=edges,
        mean=_scaled(mean, top),
        std=_scaled(std, top),
        flips=bool(getattr(processor, "do_flip_channel_order", False)),
        notes=notes,
    )


def _framing(processor: Any, input_px: Size, edges: Edges | None) -> tuple[str, ...]:
    """What its own processor does other than we, who put the whole picture into the input."""
    size = processor.size
    fixed = (getattr(size, "height", None), getattr(size, "width", None))
    share = getattr(processor, "crop_pct", None)
    crops = bool(share) and max(input_px) < UNCROPPED_PX
    if processor.do_center_crop:
        crops = fixed != input_px  # a crop to the size that it has is none
    if crops:
        return ("squeezed whole to its input; its own processor cuts out the middle",)
    keeps = not (all(fixed) or edges or share or processor.do_center_crop)
    if keeps or getattr(processor, "keep_aspect_ratio", False):
        return ("stretched to its input; its own processor keeps the proportions: give square pictures",)
    return ()


def _scaled(values: Any, top: float) -> Rgb:
    red, green, blue = (float(value) / top for value in values)
    return (red, green, blue)


def _transformers() -> ModuleType:
    try:
        import transformers
    except ImportError as error:
        raise InputError(
            "transformers:NAME needs transformers, which is not installed: pip install transformers"
        ) from error
    return transformers


def _read(rest: str, read: Callable[[], Any]) -> Any:
    try:
        return read()
    except Exception as error:  # the library, the hub client and safetensors each raise their own
        reason = re.sub(r"\s+", " ", str(error)).strip()[:160] or type(error).__name__
        raise InputError(
            f"transformers:{rest} must be a folder of save_pretrained or a hub repository with safetensors "
            f"weights; {reason}: check the name, or save it again with model.save_pretrained(FOLDER)"
        ) from error
