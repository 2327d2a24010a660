"""What a run wants of its victims: the classes that the configuration names, found among theirs."""

import math

from eot.aims import Aim
from eot.depth_objective import Recede
from eot.detector_objectives import Appear, DetectorObjective, Hide, Mislabel
from eot.detector_readings import HIDING
from eot.objectives import DISTANCES, LEAST_CLASSES, TARGETED, Evade, Targeted
from eot.runs.sections import ObjectiveTable
from eot.segmentation_objective import Erase
from eot.untargeted_objective import Degrade
from eot.victims.any_victim import AnyVictim
from eot.victims.detector import Detector
from renders.errors import InputError, nearest

# What a victim is, and what can be wanted of it.
KINDS = {
    "Victim": ("classifier", ("targeted", "evade")),
    "Detector": ("detector", ("hide", "appear", "mislabel", "degrade")),
    "Segmenter": ("segmenter", ("erase",)),
    "DepthEstimator": ("depth estimator", ("recede",)),
}
Victims = tuple[tuple[AnyVictim, float], ...]


def objective_of(table: ObjectiveTable, victims: Victims, sign: str | None) -> Aim:
    """The objective with its classes as numbers; a `sign` of the catalogue is its own true class.

    The true class stays unknown where neither the configuration nor the victims' labels tell it.
    """
    _check_kind(table.kind, victims)
    if table.kind == "recede":
        return Recede()
    if table.kind == "erase":
        assert table.label is not None
        return Erase(class_number(table.label, victims, "objective.label"))
    if isinstance(victims[0][0], Detector):
        return _of_detectors(table, victims)
    _check_ratio(table, victims)
    kappa = math.inf if table.kappa is None else table.kappa
    label = _true_class(table, victims, sign)
    if table.kind == "evade":
        if label is None:
            raise InputError("objective.label: expected a value, found none: name the class to be left")
        return Evade(label, DISTANCES[table.loss], kappa)
    assert table.target is not None
    target = class_number(table.target, victims, "objective.target")
    if target == label:
        name = victims[0][0].info.labels[target]
        raise InputError(f"objective.target: {name} is what the article is already: choose another class")
    return Targeted(target, label, TARGETED[table.loss], kappa)


def _check_ratio(table: ObjectiveTable, victims: Victims) -> None:
    """Raises InputError where DLR would be a constant."""
    classes, least = len(victims[0][0].info.labels), LEAST_CLASSES.get(table.kind, 0)
    if table.loss == "dlr" and classes < least:
        raise InputError(
            f"objective.loss: dlr compares {least} classes or more, and the victim has {classes}: take margin"
        )


def _check_kind(kind: str, victims: Victims) -> None:
    """Raises InputError where a victim is not of the kind that the goal is for."""
    for victim, _ in victims:
        what, kinds = KINDS[type(victim).__name__]
        if kind not in kinds:
            raise InputError(
                f"objective.kind: got {kind}, and {victim.info.name} is a {what}: use {' or '.join(kinds)}"
            )


def _of_detectors(table: ObjectiveTable, victims: Victims) -> DetectorObjective | Degrade:
    numbers = {
        key: class_number(value, victims, f"objective.{key}")
        for key, value in (("label", table.label), ("target", table.target))
        if value is not None
    }
    hiding = HIDING[table.hiding]
    if table.kind == "degrade":
        return Degrade(hiding, table.hiding == "objectness")
    if table.kind == "appear":
        return Appear(numbers["target"])
    if table.kind == "mislabel":
        return Mislabel(numbers["label"], numbers["target"], hiding)
    return Hide(numbers["label"], hiding, table.everywhere, table.hiding == "objectness")


def class_number(wanted: str | int, victims: Victims, key: str) -> int:
    """The number of a class that is given by number or name; every victim must mean the same by it.

    A name may leave out the beginning of a label as the catalogue's ids have it: `yield` is
    `mutcd-r1-2-yield` where no other label ends so.
    """
    labels = victims[0][0].info.labels
    if isinstance(wanted, int):
        if not 0 <= wanted < len(labels):
            raise InputError(f"{key}: expected a class from 0 to {len(labels) - 1}; got {wanted}")
        return wanted
    number = _find(wanted, labels, key)
    for other in (victim.info for victim, _ in victims[1:]):
        if labels[number] in other.labels and other.labels[number] != labels[number]:
            raise InputError(
                f"{key}: {labels[number]!r} is class {number} of {victims[0][0].info.name} and class "
                f"{other.labels.index(labels[number])} of {other.name}: victims of one run must agree"
            )
    return number


def known_number(name: str, victims: Victims) -> int | None:
    """The number of an annotated class; None where the victims have no class of that name or number."""
    wanted = int(name) if name.isdecimal() else name
    labels = victims[0][0].info.labels
    known = wanted < len(labels) if isinstance(wanted, int) else _plain(name) in map(_plain, labels)
    return class_number(wanted, victims, "objective.kind") if known else None


def _find(name: str, labels: tuple[str, ...], key: str) -> int:
    if name in labels:
        return labels.index(name)
    plain = [_plain(label) for label in labels]
    word = _plain(name)
    hits = [i for i, label in enumerate(plain) if label == word]
    hits = hits or [i for i, label in enumerate(plain) if word and label.endswith(f"-{word}")]
    if len(hits) == 1:
        return hits[0]
    if hits:
        found = ", ".join(labels[i] for i in hits[:6])
        raise InputError(f"{key}: {name!r} fits {len(hits)} classes ({found}): give the whole name")
    raise InputError(f"{key}: the victim knows no class {name!r}: {nearest(name, labels)}")


def _plain(name: str) -> str:
    return name.strip().lower().replace("_", "-").replace(" ", "-")


def _true_class(table: ObjectiveTable, victims: Victims, sign: str | None) -> int | None:
    if table.label is not None:
        return class_number(table.label, victims, "objective.label")
    labels = victims[0][0].info.labels
    return class_number(sign, victims, "objective.label") if sign in labels and sign is not None else None
