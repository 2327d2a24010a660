"""The classifiers that come with the product, or that `eot train-signs` and `eot train-objects` made."""

from pathlib import Path

from eot.victims.sign_net import OBJECT_NET, VARIANTS
from eot.victims.state_file import load_state_file
from eot.victims.victim import Victim
from renders.errors import InputError, nearest

DEFAULT_VARIANT = "sign-net"
WEIGHTS = Path(__file__).parent / "weights"
# Where `eot train-signs` writes, relative to where the user works.
TRAINED = Path("runs") / "victims"


def load_bundled(variant: str = DEFAULT_VARIANT) -> Victim:
    """The bundled classifier `variant` (an empty name is the default one).

    Looked up among the weights of the package, then in `runs/victims/`.

    Raises:
        InputError: unknown variant, or one whose weights are not there yet.
    """
    name = variant or DEFAULT_VARIANT
    if name not in (*VARIANTS, OBJECT_NET):
        raise InputError(f"there is no bundled victim {name!r}: {nearest(name, (*VARIANTS, OBJECT_NET))}")
    for folder in (WEIGHTS, TRAINED):
        path = folder / f"{name}.safetensors"
        if path.is_file():
            return load_state_file(str(path))
    make = "train-objects" if name == OBJECT_NET else f"train-signs --variant {name}"
    raise InputError(f"bundled:{name} has no weights here yet: make them with 'eot {make}'")
