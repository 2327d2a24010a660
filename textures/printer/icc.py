"""A print profile from an ICC file of a printer: sRGB to its inks and back, as tables.

Colours are sent to the printer relative to its white with black point compensation, as drivers do, and come
back with the colour of the paper (ICC.1:2022, 6.2). The colour engine is LittleCMS in 8 bits.
"""

import hashlib
import io
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image, ImageCms
from torch import Tensor

from renders.errors import InputError
from textures.printer.profile import PrintProfile, nodes, table_of

NODES = 17
FLAGS = ImageCms.Flags.SOFTPROOFING | ImageCms.Flags.HIGHRESPRECALC | ImageCms.Flags.BLACKPOINTCOMPENSATION
CLASSES = {
    "scnr": "a scanner or camera",
    "mntr": "a display or a working space",
    "link": "a link between two devices",
    "spac": "a colour space",
    "abst": "an effect",
    "nmcl": "a list of named colours",
}


def icc_profile(data: bytes, source: str, size: int = NODES) -> PrintProfile:
    """The print profile in the bytes of an ICC file with tables of size^3 nodes.

    Raises InputError where they are no ICC file, or not that of a printer with tables both ways.
    """
    profile = _printer(data, source)
    colours = nodes(size)
    try:
        seen = through(profile, colours, ImageCms.Intent.ABSOLUTE_COLORIMETRIC)
        reach = through(profile, colours, ImageCms.Intent.RELATIVE_COLORIMETRIC)
    except ImageCms.PyCMSError as error:
        raise InputError(
            f"{source}: expected the ICC profile of a printer; it cannot convert both ways ({error}): "
            "take another"
        ) from error
    notes = {
        "source": Path(source).name,
        "sha256": hashlib.sha256(data).hexdigest(),
        "description": (profile.profile.profile_description or "").strip(),
        "copyright": (profile.profile.copyright or "").strip(),
    }
    return PrintProfile(Path(source).stem, table_of(seen), table_of(reach), notes)


def through(
    profile: ImageCms.ImageCmsProfile, colours: Float[Tensor, "n 3"], back: ImageCms.Intent
) -> Float[Tensor, "n 3"]:
    """sRGB colours after a print, seen with the white of the paper (absolute) or as if it were white."""
    srgb = ImageCms.createProfile("sRGB")
    forth = ImageCms.Intent.RELATIVE_COLORIMETRIC
    transform = ImageCms.buildProofTransform(srgb, srgb, profile, "RGB", "RGB", forth, back, FLAGS)
    levels = (colours * 255).round().byte().numpy()
    seen = ImageCms.applyTransform(Image.fromarray(levels[None]), transform)
    assert seen is not None
    return torch.from_numpy(np.asarray(seen)[0].copy()).to(colours) / 255


def _printer(data: bytes, source: str) -> ImageCms.ImageCmsProfile:
    """The profile, which is that of a printer."""
    wanted = f"{source}: expected the ICC profile of a printer"
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(data))
    except (OSError, ImageCms.PyCMSError) as error:
        raise InputError(f"{wanted}; got no ICC file ({error}): check the file") from error
    kind = profile.profile.device_class.strip()
    if kind != "prtr":
        what = CLASSES.get(kind, f"class {kind!r}")
        raise InputError(f"{wanted}; got that of {what}: take the one of your printer and paper")
    space = profile.profile.xcolor_space.strip()
    if space not in ("CMYK", "RGB", "GRAY"):
        raise InputError(f"{wanted} with CMYK, RGB or grey inks; got {space}: take another")
    return profile
