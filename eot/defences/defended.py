"""A victim behind a defence: the same model, which sees cleaned pictures."""

import copy
from dataclasses import replace
from typing import TypeVar

from eot.defences.cleaning import cleaning
from eot.victims.detector import Detector
from eot.victims.victim import Victim

Model = TypeVar("Model", Victim, Detector)


def defended(victim: Model, defence: str) -> Model:
    """A copy of the victim behind a defence such as `jpeg:50`; its weights and fingerprint are the same."""
    guarded = copy.deepcopy(victim)
    guarded.defence = cleaning(defence)
    guarded.info = replace(victim.info, name=f"{victim.info.name} behind {defence}")
    return guarded
