"""A victim behind a defence: the same model, which sees cleaned pictures."""

import copy
from dataclasses import replace

from eot.defences.cleaning import cleaning
from eot.victims.any_victim import AnyVictim


def defended(victim: AnyVictim, defence: str) -> AnyVictim:
    """A copy of the victim behind a defence such as `jpeg:50`; its weights and fingerprint are the same."""
    guarded = copy.deepcopy(victim)
    guarded.defence = cleaning(defence)
    guarded.info = replace(victim.info, name=f"{victim.info.name} behind {defence}")
    return guarded
