"""From a string such as `bundled` or `torchvision:resnet18` to a victim, or to an ensemble of victims."""

import math
from collections.abc import Callable, Sequence
from functools import partial

from eot.victims.any_victim import AnyVictim
from eot.victims.asked import load_command, load_endpoint
from eot.victims.bundled import load_bundled
from eot.victims.onnx_file import load_onnx
from eot.victims.program_file import load_program
from eot.victims.python_file import load_python
from eot.victims.state_file import load_state_file
from eot.victims.timm_zoo import load_timm
from eot.victims.torchvision_zoo import load_torchvision
from eot.victims.transformers_zoo import load_transformers
from eot.victims.ultralytics_zoo import load_ultralytics
from eot.victims.victim import Victim
from renders.errors import InputError, nearest

# Prefix to the function that takes what stands after the colon. Adding a family is one line here.
SOURCES: dict[str, Callable[[str], AnyVictim]] = {
    "bundled": load_bundled,
    "torchvision": load_torchvision,
    "timm": load_timm,
    "transformers": load_transformers,
    "ultralytics": load_ultralytics,
    "python": load_python,
    "file": load_state_file,
    "program": load_program,
    "onnx": load_onnx,
    "command": load_command,
    "http": partial(load_endpoint, "http"),
    "https": partial(load_endpoint, "https"),
}


def load_victim(spec: str) -> AnyVictim:
    """The checked, frozen, folded victim that `spec` names.

    Args:
        spec: `bundled`, `bundled:VARIANT`, `torchvision:NAME`, `torchvision:NAME@FILE`, `timm:NAME`,
            `timm:NAME@FILE`, `transformers:FOLDER_OR_HUB_NAME`, `ultralytics:NAME@FILE`,
            `python:FILE.py:FACTORY`, `file:PATH?arch=NAME&classes=N`, `program:PATH`,
            `onnx:PATH`, `command:PROGRAM ARGUMENTS` or an `http(s)://` address.

    Raises:
        InputError: an unknown kind or name, a file that cannot be read, or a model `admit` refuses.
    """
    kind, _, rest = spec.partition(":")
    if kind not in SOURCES:
        raise InputError(f"victim must start with a known kind; got {spec!r}: {nearest(kind, SOURCES)}")
    return SOURCES[kind](rest)


def load_classifier(spec: str) -> Victim:
    """The victim that `spec` names, which must be a classifier. Raises InputError as `load_victim` does."""
    victim = load_victim(spec)
    if not isinstance(victim, Victim):
        raise InputError(
            f"{spec}: expected a classifier; got a {type(victim).__name__.lower()}: attack it with a run "
            "(eot attack)"
        )
    return victim


def load_victims(
    specs: Sequence[str], weights: Sequence[float] | None = None
) -> tuple[tuple[AnyVictim, float], ...]:
    """An ensemble: each victim with its share of the loss; the shares sum to 1.

    Args:
        specs: as for `load_victim`.
        weights: one positive number per victim; equal shares where not given.
    """
    shares = [1.0] * len(specs) if weights is None else list(weights)
    if not specs:
        raise InputError("victims must name at least one model; got none: use 'bundled' to start with")
    if len(shares) != len(specs):
        raise InputError(f"victims need one weight each; got {len(specs)} victims and {len(shares)} weights")
    if not all(math.isfinite(share) and share > 0 for share in shares):
        raise InputError(
            f"weights of victims must be positive numbers; got {shares}: leave a victim out instead"
        )
    victims = [load_victim(spec) for spec in specs]
    _check_same_classes(victims)
    return tuple((victim, share / sum(shares)) for victim, share in zip(victims, shares, strict=True))


def _check_same_classes(victims: list[AnyVictim]) -> None:
    first = victims[0].info
    for other in (victim.info for victim in victims[1:]):
        if len(other.labels) != len(first.labels):
            raise InputError(
                f"victims of one ensemble must know the same classes; {first.name} has {len(first.labels)}, "
                f"{other.name} has {len(other.labels)}: attack them in separate runs"
            )
