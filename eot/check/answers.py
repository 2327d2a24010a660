"""Answers that are not finite stop a check: the argmax over NaN is a class, so nothing else would tell."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

from torch import Tensor

from eot.victims.victim import Victim
from renders.errors import RunError


@contextlib.contextmanager
def finite_answers(victims: Sequence[Victim]) -> Iterator[None]:
    """Looks at every answer of these victims meanwhile.

    Raises RunError, from within the victim's call, at the first batch with NaN or infinity in it.
    """
    handles = [victim.register_forward_hook(_check) for victim in victims]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _check(victim: Victim, inputs: tuple[Any, ...], logits: Tensor) -> None:
    bad = ~logits.detach().isfinite().flatten(1).all(1)
    if bool(bad.any()):
        raise RunError(
            f"{victim.info.name} must answer finite logits; it answers NaN or infinity to {int(bad.sum())} "
            f"of {len(bad)} images: repair it"
        )
