"""Turning a module into a victim: checks, a fingerprint, and the fastest form that gives the same answers."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from torch import Tensor, nn

from eot.victims.any_victim import AnyVictim, Prediction
from eot.victims.depth import LABELS, DepthEstimator, Depths
from eot.victims.detections import Dense
from eot.victims.detector import Detector, Setting
from eot.victims.eased import Eased
from eot.victims.fingerprint import fingerprint
from eot.victims.fold import fold_batch_norms, has_batch_norms, largest_difference
from eot.victims.pointwise import with_pointwise
from eot.victims.probe import answer, check_weights, checked, classes_of, probe_images
from eot.victims.segmenter import Maps, Segmenter, resized
from eot.victims.stem import with_stems
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
    setting: Setting = field(default_factory=Setting)


Make = Callable[..., AnyVictim]


def admit(module: nn.Module, claim: Claim) -> AnyVictim:
    """The victim made of a copy of `module`, checked on a probe batch and made fast.

    A module that answers logits [n c] makes a `Victim`; one that answers boxes [n q 4], scores [n q c] and
    perhaps objectness [n q] makes a `Detector`; one that answers logits [n c h w] makes a `Segmenter`, and
    one that answers nearness [n h w] a `DepthEstimator`, whose labels are its own.
    The given module is left as it is. Batch norms are folded, sigmoid gates merged and channels-last memory
    used where the answers then agree with the original to a ten-thousandth; `info.notes` says what was done.

    Raises:
        InputError: weights or answers that are not finite, answers of another shape, probabilities for
            logits or anything else for scores, a label count that does not fit, answers that depend on the
            rest of the batch.
    """
    if min(claim.input_px) < 1:
        raise InputError(
            f"input size of {claim.name} must be at least 1 x 1 px; got {claim.input_px}: correct it"
        )
    check_weights(module, claim.name)
    plain = copy.deepcopy(module).float().eval()
    info = _info(claim, fingerprint(plain))
    images = probe_images(plain, info)
    first = answer(Victim(plain, info), images)
    prediction = checked(first, info, len(images))
    make = Victim if isinstance(prediction, Tensor) else _set(type(prediction), claim.setting)
    if isinstance(prediction, Depths):
        info = replace(info, labels=LABELS)
    elif not claim.labels:
        info = replace(info, labels=tuple(f"class {c}" for c in range(classes_of(prediction))))
    return _faster(plain, info, make, images, prediction)


def admit_classifier(module: nn.Module, claim: Claim) -> Victim:
    """The `Victim` of a module that answers logits; see `admit`. Raises InputError for a detector's."""
    victim = admit(module, claim)
    if isinstance(victim, Victim):
        return victim
    raise InputError(
        f"{claim.name} must answer logits [n c]; it is a {type(victim).__name__.lower()}: use a classifier"
    )


def _set(answers: type, setting: Setting) -> Make:
    kinds: dict[type, Make] = {Dense: Detector, Maps: Segmenter, Depths: DepthEstimator}
    kind = kinds[answers]

    def make(module: nn.Module, info: VictimInfo, *, channels_last: bool = False) -> AnyVictim:
        return kind(module, info, setting, channels_last=channels_last)

    return make


def _ask(victim: AnyVictim, images: Tensor) -> Prediction:
    return checked(answer(victim, images), victim.info, len(images))


def _moved(one: Prediction, other: Prediction) -> float:
    """The largest difference of two predictions, as a share of the largest value."""
    if isinstance(one, Dense) and isinstance(other, Dense):
        if one.boxes.shape != other.boxes.shape:
            return float("inf")
        differences = (
            largest_difference(one.boxes, other.boxes),
            largest_difference(one.scores, other.scores),
        )
        return max(differences)
    if isinstance(one, Maps) and isinstance(other, Maps):
        height, width = other.logits.shape[-2:]  # the module's own answer may be of a lower resolution
        return largest_difference(resized(one.logits, (height, width)), other.logits)
    if isinstance(one, Depths) and isinstance(other, Depths):
        height, width = other.nearness.shape[-2:]
        return largest_difference(resized(one.nearness[:, None], (height, width))[:, 0], other.nearness)
    assert isinstance(one, Tensor) and isinstance(other, Tensor)
    return largest_difference(one, other)


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


def _check_batch(victim: AnyVictim, images: Tensor, prediction: Prediction) -> None:
    single = _ask(victim, images[:1])
    if isinstance(prediction, Dense) and isinstance(single, Dense):
        # Sorted, because a two-stage detector may list equal proposals in another order.
        moved = largest_difference(_ranked(prediction)[:1], _ranked(single))
    else:
        assert not isinstance(prediction, Dense) and not isinstance(single, Dense)
        moved = _moved(prediction[:1], single)
    if moved > 10 * TOLERANCE:
        raise InputError(
            f"{victim.info.name} must answer each image by itself; its answer changes with the rest of the "
            "batch: use running statistics in its normalisation layers"
        )


def _ranked(dense: Dense) -> Tensor:
    return dense.scores.amax(-1).sort(-1, descending=True).values


def _faster(plain: nn.Module, info: VictimInfo, make: Make, images: Tensor, before: Prediction) -> AnyVictim:
    """The folded, gated, channels-last form of the module, or as much of it as gives the same answers."""
    victim = make(plain, info)
    if _moved(before, _ask(victim, images)) > TOLERANCE:
        return make(plain, _noted(info, "not deterministic: answers differ from call to call"))
    _check_batch(victim, images, before)
    module, notes = plain, []
    if has_batch_norms(plain):
        folded, count = fold_batch_norms(plain)
        moved = _moved(before, _ask(make(folded, info), images))
        if moved <= TOLERANCE:
            module = folded
            notes.append(
                f"{count} batch norms folded" if count else "batch norms kept: none follows a convolution"
            )
        else:
            notes.append(f"batch norms kept: folding them moved the answers by {moved:.1e}")
    eased = Eased(module)
    moved = _moved(before, _ask(make(eased, info), images))
    if eased.gates and moved <= TOLERANCE:
        module = eased
        notes.append(f"{eased.gates} sigmoid gates merged")
    if not eased.convolves:  # channels-last memory cannot pay
        return make(module, _noted(info, *notes))
    stemmed = copy.deepcopy(module)
    if with_stems(stemmed) and _moved(before, _ask(make(stemmed, info), images)) <= TOLERANCE:
        module = stemmed
        notes.append("gradient to the image by a plain convolution")
    dealt, more = copy.deepcopy(module), ["channels last"]
    if count := with_pointwise(dealt):
        more.append(f"{count} 1 x 1 convolutions dealt out")
    fast = make(dealt, _noted(info, *notes, *more), channels_last=True)
    try:
        moved = _moved(before, fast(images))
    except RuntimeError:  # the module views its activations as NCHW
        return make(module, _noted(info, *notes, "channels first: the model views its activations"))
    return fast if moved <= TOLERANCE else make(module, _noted(info, *notes))
