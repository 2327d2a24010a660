"""Views of the bundled signs as labelled data: what the bundled classifiers are checked on."""

import torch

from eot.data.data import Data, Stored
from eot.streams import generator_for
from eot.victims.fingerprint import fingerprint
from eot.victims.sign_views import graded_conditions, photograph, sign_groups, sign_labels
from renders.backgrounds import Backgrounds
from renders.errors import InputError

SPEC = "signs"


def is_signs(spec: str) -> bool:
    """Whether a data spec names the views of the bundled signs."""
    return spec == SPEC or spec.startswith((f"{SPEC}:", f"{SPEC}?"))


@torch.no_grad()
def sign_data(spec: str, n: int, seed: int) -> Data:
    """n views, every sign as often as the next, under the conditions that accuracy is stated for.

    The stream is shared with nothing that is trained, selected or graded on. Eight bits, as a camera's.
    """
    if spec != SPEC:
        raise InputError(f"data {SPEC!r} take no options; got {spec!r}: use --n and --seed")
    backgrounds = Backgrounds.procedural(generator_for(seed, "check-sign-backgrounds"), 64, 256)
    conditions, groups = graded_conditions(backgrounds), sign_groups(backgrounds)
    signs = sum(len(group.classes) for group in groups)
    each = -(-n // signs)
    seen = [
        photograph(group, group.faces, conditions.sample(generator_for(seed, "check-signs", index), each))
        for index, group in enumerate(groups)
    ]
    levels = torch.cat([(part.images * 255).round().byte() for part in seen])
    labels = torch.cat([part.classes for part in seen])
    stored = torch.nn.Module()
    stored.register_buffer("levels", levels)
    return Data(SPEC, "views", Stored(levels), labels, sign_labels(), fingerprint(stored))
