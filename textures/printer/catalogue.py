"""The print profiles by name: `none`, the built-in `fogra39`, and files of the user's."""

import functools
from pathlib import Path

from renders.errors import InputError, nearest
from textures.printer.icc import icc_profile
from textures.printer.profile import PrintProfile, decode_profile

# Offset print on coated paper (ISO 12647-2:2004/Amd 1, paper type 1), 17^3 nodes. Derived with `icc_profile`
# from FOGRA39L_coated.icc of the TeX package colorprofiles, "free of known copyright restrictions", which
# was made from the characterisation data FOGRA39L (zlib licence). An altered version: not that profile.
FOGRA39_FILE = Path(__file__).with_name("fogra39.safetensors")
BUILT_IN = ("none", "fogra39")
ICC_SUFFIXES = (".icc", ".icm")


@functools.cache
def fogra39() -> PrintProfile:
    """The built-in profile: a good press on coated paper, which office printers come near to at best."""
    return decode_profile(FOGRA39_FILE.read_bytes(), FOGRA39_FILE.name)


def read_profile(name: str) -> PrintProfile | None:
    """The print profile of this name or in this file (.icc, .icm, .safetensors); None for `none`."""
    if name == "none":
        return None
    if name == "fogra39":
        return fogra39()
    path = Path(name)
    if path.suffix.lower() not in (*ICC_SUFFIXES, ".safetensors"):
        raise InputError(
            f"print.profile: expected none, fogra39 or a file .icc, .icm or .safetensors; got {name!r}: "
            f"{nearest(path.name, BUILT_IN)}"
        )
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(f"print.profile: expected a file; got {name} ({reason}): check its name") from error
    if path.suffix.lower() in ICC_SUFFIXES:
        return icc_profile(data, str(path))
    return decode_profile(data, str(path))
