"""Victims from programs: TorchScript archives and torch.export packages, which bring their own code."""

import warnings
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import torch
from jaxtyping import Float
from torch import Tensor, nn

from eot.label_file import read_labels
from eot.victims.admit import Claim, admit
from eot.victims.any_victim import AnyVictim
from renders.errors import InputError, nearest

OPTIONS = ("input", "labels")
SAFE = "save it with torch.jit.save or torch.export.save, or its weights as safetensors (file:PATH?arch=NAME)"


class OneByOne(nn.Module):
    """A module that takes one image at a time, asked for each image of a batch."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, images: Float[Tensor, "n 3 h w"]) -> Any:
        """What the module answers to each image, as one batch."""
        answers = [self.module(image[None]) for image in images]
        if isinstance(answers[0], Tensor):
            return torch.cat(answers)
        return tuple(torch.cat(part) for part in zip(*answers, strict=True))


def load_program(rest: str) -> AnyVictim:
    """The victim in `PATH?input=PX&labels=FILE`: .pt2 is a torch.export package, else it is TorchScript.

    It takes sRGB images in [0, 1] at its input size (224 px where not given) and answers logits, or boxes
    and scores. A pickle, which could run anything, is refused.

    Raises:
        InputError: no such file, a pickle or damaged file, an unknown option, or a model `admit` refuses.
    """
    file, _, query = rest.partition("?")
    path, wish = Path(file), dict(parse_qsl(query))
    for key in wish:
        if key not in OPTIONS:
            raise InputError(f"program:{rest}: no option {key!r}: {nearest(key, OPTIONS)}")
    if not path.is_file():
        raise InputError(f"program must be a file; {path} does not exist: check the path")
    side = wish.get("input", "224")
    if not side.isdigit():
        raise InputError(f"program:{rest}: expected a whole number of px for input; got {side!r}")
    labels = read_labels(wish["labels"]) if "labels" in wish else ()
    module = _batched(_read(path), int(side))
    return admit(module, Claim(path.stem, str(path), "not stated", (int(side), int(side)), labels))


def _read(path: Path) -> nn.Module:
    try:
        if path.suffix == ".pt2":
            return _trainable(torch.export.load(path).module())
        with warnings.catch_warnings():
            # torch advises torch.export to those who write such a file; here it is only read.
            warnings.simplefilter("ignore", FutureWarning)
            module = torch.jit.load(path, map_location="cpu")
        for parameter in module.parameters():
            parameter.requires_grad_(False)
        return module
    except Exception as error:  # the readers raise many kinds
        raise InputError(
            f"{path} must be a TorchScript archive or a .pt2 of torch.export; a pickle can run anything and "
            f"is not opened: {SAFE}"
        ) from error


def _trainable(module: nn.Module) -> nn.Module:
    # An exported module refuses train() and eval(), which every parent calls; its graph is in eval mode.
    for name in ("train", "eval"):
        module.__dict__.pop(name, None)
    return module


@torch.no_grad()
def _batched(module: nn.Module, side: int) -> nn.Module:
    """The module itself, or asked image by image where it was traced with a batch of one."""
    try:
        module(torch.full((2, 3, side, side), 0.5))
    except Exception:  # a traced program raises anything at another shape
        return OneByOne(module)
    return module
