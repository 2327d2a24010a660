"""Turning a module into a victim: checks, a fingerprint, and the fastest form that gives the same answers."""

import copy
from dataclasses import dataclass, replace

from torch import Tensor, nn

from eot.victims.fingerprint import fingerprint
from eot.victims.fold import fold_batch_norms, has_batch_norms, has_convolutions, largest_difference
from eot.victims.probe import ask, check_logits, check_weights, probe_images
from eot.victims.victim import Rgb, Victim, VictimInfo
from renders.errors import InputError

# Share of the largest logit. Folding a trained net moves logits by 1e-6 to 1e-5 in float32.
TOLERANCE = 1e-4


@dataclass(frozen=True)
class Claim:
    """What a source says about the module it loaded, before anything is verified.

    Args:
        input_px: height and width.
        labels: one per class, or empty where the source has none (then they are numbered).
        mean: of the normalisation the victim must do; leave it where the module normalises by itself.
    """

    name: str
    origin: str
    licence: str
    input_px: tuple[int, int]
    labels: tuple[str, ...] = ()
    mean: Rgb = (0.0, 0.0, 0.0)
    std: Rgb = (1.0, 1.0, 1.0)
    notes: tuple[str, ...] = ()


def admit(module: nn.Module, claim: Claim) -> Victim:
    """The `Victim` made of a copy of `module`, checked on a probe batch and made fast.

    The given module is left as it is. Batch norms are folded and channels-last memory is used where the
    answers then agree with the original to a ten-thousandth; `info.notes` says what was done.

    Raises:
        InputError: weights or answers that are not finite, answers that are not logits [n c] or are
            probabilities, a label count that does not fit, answers that depend on the rest of the batch.
    """
    if min(claim.input_px) < 1:
        raise InputError(
            f"input size of {claim.name} must be at least 1 x 1 px; got {claim.input_px}: correct it"
        )
    check_weights(module, claim.name)
    plain = copy.deepcopy(module).float().eval()
    info = _info(claim, fingerprint(plain))
    victim = Victim(plain, info)
    images = probe_images(victim)
    logits = ask(victim, images)
    check_logits(logits, claim.name, claim.labels)
    if not claim.labels:
        info = replace(info, labels=tuple(f"class {c}" for c in range(logits.shape[1])))
    if largest_difference(logits, ask(victim, images)) > TOLERANCE:
        return Victim(plain, _noted(info, "not deterministic: answers differ from call to call"))
    _check_batch(victim, images, logits)
    return _faster(plain, info, images, logits)


def _info(claim: Claim, weights_sha256: str) -> VictimInfo:
    return VictimInfo(
        name=claim.name,
        labels=claim.labels,
        input_px=claim.input_px,
        weights_sha256=weights_sha256,
        licence=claim.licence,
        origin=claim.origin,
        mean=claim.mean,
        std=claim.std,
        notes=claim.notes,
    )


def _noted(info: VictimInfo, *notes: str) -> VictimInfo:
    return replace(info, notes=info.notes + notes)


def _check_batch(victim: Victim, images: Tensor, logits: Tensor) -> None:
    single = ask(victim, images[:1])
    if largest_difference(logits[:1], single) > 10 * TOLERANCE:
        raise InputError(
            f"{victim.info.name} must answer each image by itself; its answer changes with the rest of the "
            "batch: use running statistics in its normalisation layers"
        )


def _faster(plain: nn.Module, info: VictimInfo, images: Tensor, logits: Tensor) -> Victim:
    """The folded, channels-last form of the plain module, or as much of it as gives the same answers."""
    module, notes = plain, []
    if has_batch_norms(plain):
        folded, count = fold_batch_norms(plain)
        moved = largest_difference(logits, ask(Victim(folded, info), images))
        if moved <= TOLERANCE:
            module = folded
            notes.append(
                f"{count} batch norms folded" if count else "batch norms kept: none follows a convolution"
            )
        else:
            notes.append(f"batch norms kept: folding them moved the logits by {moved:.1e}")
    if not has_convolutions(module):
        return Victim(module, _noted(info, *notes))
    fast = Victim(copy.deepcopy(module), _noted(info, *notes, "channels last"), channels_last=True)
    try:
        moved = largest_difference(logits, fast(images))
    except RuntimeError:  # the module views its activations as NCHW
        return Victim(module, _noted(info, *notes, "channels first: the model views its activations"))
    return fast if moved <= TOLERANCE else Victim(module, _noted(info, *notes))
