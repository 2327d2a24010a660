"""Where an attack stands, as bytes: with this put back it ends in the same bytes as one never cut off."""

from dataclasses import dataclass
from typing import Any

from torch import Tensor

from eot.attack import Attack, Judged
from eot.runs.packing import damaged, pack, unpack
from renders.errors import RunError


@dataclass(frozen=True)
class AttackState:
    """All that changes while an attack runs.

    Args:
        step: the next one to do.
        texture: the state dict of the texture.
        optimiser: the state dict of the optimiser.
        best: the best iterate on the select stream so far.
    """

    step: int
    texture: dict[str, Tensor]
    optimiser: dict[str, Any]
    best: Judged | None


def state_of(attack: Attack, step: int, best: Judged | None) -> AttackState:
    """The state before `step`. It shares memory with the attack: encode it before the next step."""
    return AttackState(step, dict(attack.texture.state_dict()), attack.optimiser.state_dict(), best)


def restore(attack: Attack, state: AttackState) -> None:
    """Puts the texture and the optimiser back; the attack must be built from the same configuration.

    Raises:
        RunError: the state belongs to another texture or optimiser.
    """
    try:
        attack.texture.load_state_dict(state.texture)
        attack.optimiser.load_state_dict(state.optimiser)
    except (RuntimeError, ValueError, KeyError) as error:
        reason = " ".join(str(error).split())[:160]
        raise RunError(f"checkpoint: expected the texture of this run; {reason}: use --force") from None


def encode_state(state: AttackState) -> bytes:
    """The state as safetensors; equal states give equal bytes."""
    best = state.best
    judged = None if best is None else (best.index, best.success, best.loss, best.image)
    return pack((state.step, state.texture, state.optimiser, judged))


def decode_state(data: bytes, where: str) -> AttackState:
    """The state in the bytes of `encode_state`. Raises RunError that names `where` when they are others."""
    try:
        step, texture, optimiser, judged = unpack(data, where)
        return AttackState(step, texture, optimiser, None if judged is None else Judged(*judged))
    except (TypeError, ValueError) as error:
        raise damaged(where, error) from None
